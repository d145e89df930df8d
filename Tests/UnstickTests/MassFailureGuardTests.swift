import Testing
import Unstick

@Suite("The guard")
struct MassFailureGuardTests {
    private static func group(
        _ kind: String = "image",
        _ worker: String? = nil,
        jobs: Int,
        stuck: Int,
        started: Int = 0,
        sign: Int = 0
    ) -> JobsByWorker {
        JobsByWorker(
            kind: kind,
            worker: worker,
            jobs: jobs,
            stuck: stuck,
            startedAt: Timestamp(milliseconds: started * 1000),
            signAt: Timestamp(milliseconds: sign * 1000),
            passedAt: stuck > 0 ? Timestamp(milliseconds: 300_000) : nil
        )
    }

    private static func selections(
        _ groups: [JobsByWorker],
        _ guarding: MassFailureGuard = MassFailureGuard()
    ) -> [NewHold.Selection] {
        guarding.suspicions(of: groups).map(\.selection)
    }

    @Test("holds all when more than the share, and at least the minimum, is stuck")
    func all() {
        func isHeld(_ stuck: Int, _ running: Int, _ guarding: MassFailureGuard = MassFailureGuard()) -> Bool {
            Self.selections([Self.group(jobs: running, stuck: stuck)], guarding) == [.all]
        }
        #expect(!isHeld(0, 0) && !isHeld(19, 19) && isHeld(20, 20) && isHeld(20, 39) && !isHeld(20, 40))
        #expect(isHeld(3, 20, MassFailureGuard(minimum: 2, share: 0.1)))
        #expect(!isHeld(20, 20, MassFailureGuard(minimum: 20, share: 1)))
    }

    @Test("holds a kind of which most jobs are stuck, and leaves the others alone")
    func kinds() {
        let groups = [Self.group("video", jobs: 30, stuck: 25), Self.group("image", jobs: 100, stuck: 10)]
        #expect(Self.selections(groups) == [.kind("video")])
        #expect(Self.selections([Self.group("video", jobs: 60, stuck: 25), Self.group(jobs: 100, stuck: 10)]).isEmpty)
    }

    @Test("holds a worker of which most jobs are stuck, unless it has started a job since")
    func workers() {
        let others = Self.group(jobs: 200, stuck: 0)
        #expect(Self.selections([others, Self.group("image", "slow", jobs: 25, stuck: 22)]) == [.workers(["slow"])])
        let alive = Self.group("image", "slow", jobs: 25, stuck: 22, started: 301)
        #expect(Self.selections([others, alive]).isEmpty)
        #expect(Self.selections([others, Self.group("image", "slow", jobs: 19, stuck: 19)]).isEmpty)
    }

    @Test("holds workers that fell silent together, not those that died one after the other")
    func silence() {
        let others = Self.group(jobs: 300, stuck: 0)
        let pool = (0..<100).map { Self.group("image", "w\($0)", jobs: 1, stuck: 1, sign: $0) }
        guard case .workers(let names)? = Self.selections([others] + pool).first else {
            Issue.record("the pool is held")
            return
        }
        #expect(names.count == 100)
        let apart = (0..<30).map { Self.group("image", "w\($0)", jobs: 1, stuck: 1, sign: $0 * 60) }
        #expect(Self.selections([others] + apart).isEmpty)
        let busy = (0..<30).map { Self.group("image", "w\($0)", jobs: 2, stuck: 1, sign: 5) }
        #expect(Self.selections([others] + busy).isEmpty, "half of their jobs are alive")
    }

    @Test("holds waiting jobs of which most look stuck")
    func waiting() {
        let holds = MassFailureGuard().suspicions(of: [Self.group(jobs: 500, stuck: 500)], in: .pending)
        #expect(holds.map(\.selection) == [.all])
        #expect(holds[0].reason.hasPrefix("500 of 500 waiting jobs look stuck at once. This usually means that"))
    }
}
