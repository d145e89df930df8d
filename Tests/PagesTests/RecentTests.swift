import Testing

@testable import UnstickPages

@Suite("Recent values")
struct RecentTests {
    /// Answers 1, 2, 3…, the first only when it is released.
    private actor Counter {
        private var count = 0
        private var waiting: CheckedContinuation<Void, Never>?
        private var started: CheckedContinuation<Void, Never>?

        func next() async -> Int {
            self.count += 1
            let number = self.count
            if number == 1 {
                await withCheckedContinuation {
                    self.waiting = $0
                    self.started?.resume()
                    self.started = nil
                }
            }
            return number
        }

        func waitForStart() async {
            if self.waiting == nil { await withCheckedContinuation { self.started = $0 } }
        }

        func letGo() { self.waiting?.resume() }
    }

    @Test("many concurrent callers get one computed value, and later ones as well, for a time")
    func shared() async throws {
        let counter = Counter()
        let recent = Recent(for: .seconds(3600)) { await counter.next() }
        async let first = recent.value()
        await counter.waitForStart()
        async let second = recent.value()
        await counter.letGo()
        let both = try await [first, second]
        #expect(both.allSatisfy { $0 == both[0] })
        #expect(try await recent.value() == both[0])
    }

    @Test("a value that was computed during a change is not kept")
    func forgotten() async throws {
        let counter = Counter()
        let recent = Recent(for: .seconds(3600)) { await counter.next() }
        async let old = recent.value()
        await counter.waitForStart()
        await recent.forget()
        let fresh = try await recent.value()
        await counter.letGo()
        #expect(try await old == 1)
        #expect(fresh == 2)
        #expect(try await recent.value() == 2)
    }
}
