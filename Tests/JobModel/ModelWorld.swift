import TestSupport
package import Unstick

/// A difference from the model.
package struct ModelMismatch: Error, CustomStringConvertible {
    package let description: String
}

/// A store that is compared with the model.
package protocol ModelledStore {
    var store: any Store { get }
    /// Lets time pass for the store.
    mutating func advance(hours: Int) async throws
    /// Simulates the death and restart of the process.
    mutating func crash() async throws
}

/// A plain model of jobs, balances and ledger, beside a real store: after each step both must be equal.
package struct ModelWorld<Subject: ModelledStore> {
    var subject: Subject
    private var random: SeededGenerator
    var hour = 1000
    var jobs: [ExactText: ModelJob] = [:]
    var names: [String] = []
    /// The lines of each user, in their order.
    var ledger: [ExactText: [ModelLine]] = [:]
    private var grants = 0
    private(set) var trail: [String] = []

    /// The last two are one text for Swift's `==`, but two users.
    static var users: [String] { ["ada", "eve", "ren\u{e9}", "rene\u{301}"] }

    package init(_ subject: Subject, seed: UInt64) {
        self.subject = subject
        self.random = SeededGenerator(seed: seed)
    }

    /// Makes random steps, and compares after each.
    package mutating func run(steps: Int) async throws {
        for step in 0..<steps {
            do {
                try await self.step()
                if step % 50 == 49 || step == steps - 1 { try await self.compareAll() }
            } catch let mismatch as ModelMismatch {
                throw ModelMismatch(
                    description: "step \(step): \(mismatch)\nlast steps:\n  "
                        + self.trail.suffix(12).joined(separator: "\n  ")
                )
            }
        }
    }

    mutating func note(_ text: String) {
        self.trail.append(text)
        if self.trail.count > 40 { self.trail.removeFirst(20) }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }

    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &self.random) }

    private mutating func step() async throws {
        switch self.number(0...99) {
        case 0..<5: try await self.grant()
        case 5..<22: try await self.create()
        case 22..<40: try await self.claim()
        case 40..<44: try await self.start()
        case 44..<54: try await self.beat()
        case 54..<66: try await self.complete()
        case 66..<73: try await self.fail()
        case 73..<77: try await self.cancel()
        case 77..<81: try await self.requeue()
        case 81..<83: try await self.refund()
        case 83..<89: try await self.cleanUp()
        case 89..<99: try await self.advance(hours: self.number(1...2))
        default:
            self.note("crash")
            try await self.subject.crash()
        }
    }

    private mutating func grant() async throws {
        guard let user = self.pick(Self.users) else { return }
        self.grants += 1
        let (amount, key) = (self.number(1...60), "order-\(self.grants)")
        self.note("grant \(user) \(amount)")
        try await TokenBalanceManager(store: self.subject.store).addTokens(amount, to: user, key: key)
        self.book("grant:" + key, user, amount, .grant, source: "grant", of: key)
        try await self.compare(users: [user])
    }

    private mutating func advance(hours: Int) async throws {
        self.note("\(hours) h")
        self.hour += hours
        try await self.subject.advance(hours: hours)
    }

    func balance(of user: String) -> Int { self.ledger[user]?.last?.balanceAfter ?? 0 }

    /// Books the expected line of the model.
    mutating func book(
        _ key: String,
        _ user: String,
        _ amount: Int,
        _ kind: TokenTransaction.Kind,
        source: String,
        of sourceID: String,
        runID: String? = nil,
        reason: String? = nil
    ) {
        guard amount != 0 else { return }
        let line = ModelLine(
            id: key,
            sequence: self.ledger[user, default: []].count + 1,
            amount: amount,
            kind: kind,
            source: source,
            sourceID: sourceID,
            balanceAfter: self.balance(of: user) + amount,
            runID: runID,
            reason: reason
        )
        self.ledger[user, default: []].append(line)
    }
}
