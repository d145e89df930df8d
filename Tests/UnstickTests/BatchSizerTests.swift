import Testing

@testable import Unstick

@Suite("Batches by time")
struct BatchSizerTests {
    @Test("a batch that is too quick makes the next one larger, by half at most; one that is slow, smaller at once")
    func learns() {
        var sizer = BatchSizer(start: 100, isFixed: false)
        sizer.learn(jobs: 100, took: .milliseconds(20))
        #expect(sizer.size == 100)
        sizer.learn(jobs: 100, took: .milliseconds(2))
        #expect(sizer.size == 150)
        sizer.learn(jobs: 150, took: .milliseconds(14))
        #expect((151...225).contains(sizer.size))
        sizer.learn(jobs: 200, took: .milliseconds(200))
        #expect(sizer.size == 22)
        sizer.learn(jobs: 22, took: .seconds(60))
        #expect(sizer.size == 10)
        for _ in 0..<100 { sizer.learn(jobs: sizer.size, took: .microseconds(10)) }
        #expect(sizer.size == 10_000)
    }

    @Test("a size that somebody gave stays")
    func fixed() {
        var sizer = BatchSizer(start: 700, isFixed: true)
        sizer.learn(jobs: 700, took: .seconds(3))
        #expect(sizer.size == 700)
    }
}
