import Testing

@testable import Unstick

@Suite("The wait after an outage")
struct OutageWaitTests {
    private let start = ContinuousClock.now

    @Test("runs wait two minutes after more than a minute without an answer")
    func outage() {
        var wait = OutageWait(at: self.start)
        let first = wait.answered(at: self.start)
        #expect(!first && wait.left(at: self.start) == nil)
        let soon = wait.answered(at: self.start + .seconds(60))
        let back = self.start + .seconds(121)
        let isBack = wait.answered(at: back)
        #expect(!soon && isBack && wait.left(at: back) == .seconds(120))
        let next = wait.answered(at: back + .seconds(30))
        #expect(!next && wait.left(at: back + .seconds(30)) == .seconds(90))
        #expect(wait.left(at: back + .seconds(120)) == nil)
    }

    @Test("a long run that succeeded is no outage")
    func longRun() {
        var wait = OutageWait(at: self.start)
        wait.answered(at: self.start)
        wait.worked(until: self.start + .seconds(600))
        let isOutage = wait.answered(at: self.start + .seconds(630))
        #expect(!isOutage && wait.left(at: self.start + .seconds(630)) == nil)
    }
}
