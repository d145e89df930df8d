import Testing

@testable import Unstick

@Suite("Interrupted runs")
struct InterruptionTests {
    private static let now = Timestamp(seconds: 1_767_225_600)

    private static func run(
        _ status: Run.Status,
        _ trigger: RunTrigger = .scheduler,
        more: Bool = true,
        failed: Int = 0,
        ago: Int = 100
    ) -> Run {
        Run(
            id: "r",
            trigger: trigger,
            status: status,
            dryRun: false,
            timeout: nil,
            batchSize: 100,
            failed: failed,
            more: more,
            startedAt: Self.now - .seconds(ago),
            updatedAt: Self.now - .seconds(ago)
        )
    }

    private func wait(_ runs: [Run], lapsed: Int? = nil) -> Int? {
        Interruption(
            recent: runs,
            lapsedAt: lapsed.map { Self.now - .seconds($0) },
            lease: .seconds(60)
        ).map { ($0.resumesAt - Self.now).inMilliseconds / 1000 }
    }

    @Test("a run that failed, became silent or was stopped with work left resumes after the lease")
    func resumed() {
        #expect(self.wait([Self.run(.failed)]) == -40)
        #expect(self.wait([Self.run(.failed, .cron)]) == -40)
        #expect(self.wait([Self.run(.running)]) == -40)
        #expect(self.wait([Self.run(.completed)]) == -40, "a drain that was stopped in good order")
        #expect(self.wait([], lapsed: 5) == -5, "it died before it wrote its record")
        #expect(self.wait([Self.run(.running, ago: 70)], lapsed: 5) == -5)
    }

    @Test("a run that is done, held, of another caller or of a call's own size does not")
    func left() {
        #expect(self.wait([]) == nil)
        #expect(self.wait([Self.run(.completed, more: false), Self.run(.failed)]) == nil)
        #expect(self.wait([Self.run(.held)]) == nil)
        #expect(self.wait([Self.run(.completed, .cron)]) == nil, "one batch is all that a call takes")
        #expect(self.wait([Self.run(.failed, .admin("ada")), Self.run(.failed, .cli)]) == nil)
        #expect(self.wait([Self.run(.completed, failed: 10_000)]) == nil, "as many were set aside as can be")
    }

    @Test("each further interruption doubles the wait, up to an hour")
    func backoff() {
        for (tries, wait) in [(1, 60), (2, 120), (3, 240), (6, 1920), (7, 3600), (15, 3600)] {
            let runs = Array(repeating: Self.run(.failed, ago: 0), count: tries)
            #expect(self.wait(runs) == wait)
            #expect(self.wait(runs + [Self.run(.completed, more: false)] + runs) == wait)
        }
        #expect(self.wait([Self.run(.running), Self.run(.running)], lapsed: 0) == 60)
    }
}
