import Testing
import Unstick

@Suite("Cleanup health")
struct CleanupHealthTests {
    private static let now = Timestamp(seconds: 1_767_225_600)

    private func status(
        success: Duration?,
        watched: Duration = .seconds(86_400),
        paused: Bool = false
    ) -> CleanupHealth.Status {
        CleanupHealth(
            lastSuccess: success.map {
                Run(
                    id: "r",
                    trigger: .scheduler,
                    options: CleanupOptions(),
                    timeout: nil,
                    startedAt: Self.now - $0
                )
            },
            watchedSince: Self.now - watched,
            interval: .seconds(900),
            isPaused: paused,
            now: Self.now
        ).status
    }

    @Test("it is overdue after three intervals without a successful run")
    func overdue() {
        #expect(self.status(success: .seconds(2700)) == .ok)
        #expect(self.status(success: .seconds(2701)) == .overdue)
        #expect(self.status(success: nil) == .overdue)
    }

    @Test("a success in the future is a fault: the clock was wrong, or is")
    func future() {
        #expect(self.status(success: .seconds(-60)) == .ok, "servers may differ a little")
        #expect(self.status(success: .seconds(-61)) == .clockWrong)
        #expect(self.status(success: .seconds(-5 * 366 * 86_400)) == .clockWrong)
        #expect(CleanupHealth.Status.clockWrong.isFault && CleanupHealth.Status.overdue.isFault)
        #expect(!CleanupHealth.Status.ok.isFault && !CleanupHealth.Status.paused.isFault)
    }

    @Test("a server that just started, and a paused one, has not failed")
    func excused() {
        #expect(self.status(success: nil, watched: .seconds(2700)) == .starting)
        #expect(self.status(success: .seconds(90_000), watched: .seconds(60)) == .starting)
        #expect(self.status(success: nil, paused: true) == .paused)
        #expect(self.status(success: .seconds(5), paused: true) == .ok)
    }

    @Test(
        "the longest interval of a schedule",
        arguments: [("*/15 * * * *", 900), ("0 9-17 * * *", 16 * 3600), ("@daily", 86_400), ("0 0 1 * *", 31 * 86_400)]
    )
    func interval(expression: String, seconds: Int) throws {
        #expect(try CronExpression(expression).longestInterval(from: Self.now) == .seconds(seconds))
    }
}
