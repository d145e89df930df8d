import Testing

@testable import Unstick

@Suite("Batch sizes")
struct BatchSizerTests {
    @Test("a batch that is too fast makes the next one larger, by half at most; a slow one makes it smaller at once")
    func learns() {
        var sizer = BatchSizer(start: 100, isFixed: false)
        func learn(_ jobs: Int, _ took: Duration) { sizer.learn(jobs: jobs, lockedFor: took, took: took) }
        learn(100, .milliseconds(20))
        #expect(sizer.size == 100)
        learn(100, .milliseconds(2))
        #expect(sizer.size == 150)
        learn(150, .milliseconds(14))
        #expect((151...225).contains(sizer.size))
        learn(200, .milliseconds(200))
        #expect(sizer.size == 22)
        learn(22, .milliseconds(4))
        for _ in 0..<100 { learn(sizer.size, .microseconds(10)) }
        #expect(sizer.size == 10_000)
    }

    @Test("the round trip makes no batch smaller", arguments: [5, 10, 40, 1000])
    func network(milliseconds: Int) {
        let near = Self.size(way: .zero)
        #expect(near >= 100 && Self.size(way: .milliseconds(milliseconds)) == near)
    }

    /// The resulting size over a network, with a tenth of a millisecond of work for each job.
    private static func size(way: Duration) -> Int {
        var sizer = BatchSizer(start: 100, isFixed: false)
        for _ in 0..<50 {
            let work = Duration.microseconds(sizer.size * 100)
            sizer.learn(jobs: sizer.size, lockedFor: work, took: work + way * 3)
        }
        return sizer.size
    }

    @Test("if each batch takes long at any size, it does not get smaller and smaller")
    func fixedCost() {
        var sizer = BatchSizer(start: 400, isFixed: false)
        var smallest = sizer.size
        var sum = 0
        for _ in 0..<40 {
            let jobs = sizer.size
            let work = Duration.milliseconds(400) + .microseconds(jobs * 10)
            sizer.learn(jobs: jobs, lockedFor: work, took: work)
            smallest = min(smallest, jobs)
            sum += jobs
        }
        // One try shows that a smaller batch gains nothing.
        #expect(sum / 40 > 350 && smallest >= 10)
        sizer.learn(jobs: 400, lockedFor: .milliseconds(20), took: .milliseconds(20))
        sizer.learn(jobs: 400, lockedFor: .milliseconds(88), took: .milliseconds(88))
        #expect(sizer.size == 100, "once it was quick, a slow one counts again")
    }

    @Test("the time of locks is bounded, also where smaller batches have a lower throughput")
    func bounded() {
        var sizer = BatchSizer(start: 5000, isFixed: false)
        for _ in 0..<20 {
            // 2 ms for each batch and 50 us for each job.
            let work = Duration.milliseconds(2) + .microseconds(sizer.size * 50)
            sizer.learn(jobs: sizer.size, lockedFor: work, took: work)
        }
        #expect((250...600).contains(sizer.size))
    }

    @Test("a configured size stays")
    func fixed() {
        var sizer = BatchSizer(start: 700, isFixed: true)
        sizer.learn(jobs: 700, lockedFor: .seconds(3), took: .seconds(3))
        #expect(sizer.size == 700)
    }
}
