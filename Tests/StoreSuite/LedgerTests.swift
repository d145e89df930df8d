import Testing
import Unstick

@Suite("Tokens and the ledger")
struct LedgerTests {
    @Test("grants, charges and refunds change the balance and chain in the ledger", arguments: StoreBackend.available)
    func chain(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            #expect(try await tokens.balance(of: "ada") == 0)
            try await tokens.addTokens(100, to: "ada", key: "order-1", reason: "first order")
            try await tokens.consumeTokens(30, from: "ada", for: "job")
            try await tokens.refundTokens(30, to: "ada", for: "job", reason: "not delivered")
            #expect(try await tokens.balance(of: "ada") == 100)
            let history = try await tokens.transactionHistory(of: "ada")
            #expect(history.map(\.kind) == [.refund, .spend, .grant])
            #expect(history.map(\.amount) == [30, -30, 100] && history.map(\.balanceAfter) == [100, 70, 100])
            #expect(history.map(\.sequence) == [3, 2, 1])
            #expect(history[0].source == "enhancement_failed" && history[0].sourceID == "job")
            #expect(history[0].metadata == #"{"reason":"not delivered"}"# && history[1].metadata == "{}")
            let stats = try await tokens.consumptionStats(of: "ada")
            #expect(stats == ConsumptionStats(spent: 30, refunded: 30, charges: 1, refunds: 1) && stats.net == 0)
            let later = try await tokens.consumptionStats(of: "ada", since: store.now() + .seconds(60))
            #expect(later.charges == 0)
            try await store.expectClean()
        }
    }

    @Test("the same key is booked once, for another amount it is refused", arguments: StoreBackend.available)
    func keys(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            let first = try await tokens.addTokens(10, to: "ada", key: "order")
            let second = try await tokens.addTokens(10, to: "ada", key: "order")
            #expect(second == .alreadyBooked(first.transaction))
            let error = await #expect(throws: UnstickError.self) {
                try await tokens.addTokens(11, to: "ada", key: "order")
            }
            #expect(error?.code == .conflict)
            try await tokens.addTokens(10, to: "grace", key: "order")
            try await tokens.addTokens(1, to: "ada")
            try await tokens.addTokens(1, to: "ada")
            #expect(try await tokens.balance(of: "ada") == 12)
            #expect(try await tokens.balance(of: "grace") == 10)
        }
    }

    @Test("no user spends more than their balance", arguments: StoreBackend.available)
    func insufficient(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            try await tokens.addTokens(5, to: "ada")
            #expect(try await tokens.hasEnoughTokens(5, for: "ada"))
            #expect(try await tokens.hasEnoughTokens(6, for: "ada") == false)
            for user in ["ada", "nobody"] {
                let error = await #expect(throws: UnstickError.self) {
                    try await tokens.consumeTokens(6, from: user, for: "job")
                }
                #expect(error?.code == .insufficientTokens)
            }
            #expect(try await tokens.balance(of: "ada") == 5)
            #expect(try await tokens.transactionHistory(of: "nobody").isEmpty)
            try await store.expectClean()
        }
    }

    @Test("amounts and balances stay within 2^53-1", arguments: StoreBackend.available)
    func limits(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            for amount in [0, -1, Limits.tokens + 1, .max, .min] {
                let error = await #expect(throws: UnstickError.self) { try await tokens.addTokens(amount, to: "ada") }
                #expect(error?.code == .amountOutOfRange)
                await #expect(throws: UnstickError.self) {
                    try await tokens.consumeTokens(amount, from: "ada", for: "j")
                }
                await #expect(throws: UnstickError.self) {
                    try await tokens.refundTokens(amount, to: "ada", for: "j", reason: "")
                }
                await #expect(throws: UnstickError.self) {
                    try await store.book(
                        NewTransaction(
                            id: "x",
                            userID: "ada",
                            amount: amount == -1 ? 0 : amount,
                            kind: .adjustment,
                            source: "test"
                        )
                    )
                }
            }
            try await tokens.addTokens(Limits.tokens, to: "ada")
            let error = await #expect(throws: UnstickError.self) { try await tokens.addTokens(1, to: "ada") }
            #expect(error?.code == .amountOutOfRange)
            #expect(try await tokens.balance(of: "ada") == Limits.tokens)
            try await store.expectClean()
        }
    }

    @Test("ids, sources and reasons have their limits", arguments: StoreBackend.available)
    func texts(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            let long = String(repeating: "x", count: 201)
            for user in ["", long, "a\nb", "a\u{7f}"] {
                let error = await #expect(throws: UnstickError.self) { try await tokens.addTokens(1, to: user) }
                #expect(error?.code == .invalidArgument)
            }
            await #expect(throws: UnstickError.self) { try await tokens.addTokens(1, to: "ada", key: "") }
            await #expect(throws: UnstickError.self) { try await tokens.addTokens(1, to: "ada", source: "") }
            await #expect(throws: UnstickError.self) {
                try await tokens.addTokens(1, to: "ada", reason: String(repeating: "y", count: 2001))
            }
            await #expect(throws: UnstickError.self) { try await tokens.consumeTokens(1, from: "ada", for: long) }
            try await tokens.addTokens(1, to: String(long.dropLast()))
            #expect(try await tokens.balance(of: "ada") == 0)
        }
    }

    @Test("a refund is not larger than its charge, and not for delivered work", arguments: StoreBackend.available)
    func refusedRefunds(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            try await store.add(JobFixture(id: "done", cost: 5, status: .completed), JobFixture(id: "open", cost: 5))
            let delivered = await #expect(throws: UnstickError.self) {
                try await tokens.refundTokens(5, to: "ada", for: "done", reason: "please")
            }
            #expect(delivered?.code == .refundRefused)
            let tooMuch = await #expect(throws: UnstickError.self) {
                try await tokens.refundTokens(6, to: "ada", for: "open", reason: "please")
            }
            #expect(tooMuch?.code == .refundRefused)
            #expect(try await tokens.balance(of: "ada") == 0)
            try await tokens.refundTokens(5, to: "ada", for: "open", reason: "fair")
            try await store.expectClean()
        }
    }

    @Test("history is listed page by page, newest first", arguments: StoreBackend.available)
    func pages(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            for amount in 1...7 { try await tokens.addTokens(amount, to: "ada") }
            let first = try await tokens.statement(of: "ada", limit: 3)
            #expect(first.transactions.map(\.amount) == [7, 6, 5] && first.nextCursor == "5" && first.balance == 28)
            let rest = try await tokens.statement(of: "ada", before: 5, limit: 5)
            #expect(rest.transactions.map(\.amount) == [4, 3, 2, 1] && rest.nextCursor == nil)
            #expect(try await tokens.transactionHistory(of: "ada", limit: 0).count == 1)
        }
    }

    @Test("duplicate refunds from many tasks are booked once", arguments: StoreBackend.available)
    func concurrentRefunds(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            try await tokens.addTokens(1000, to: "ada")
            for job in 0..<20 { try await tokens.consumeTokens(50, from: "ada", for: "job-\(job)") }
            let booked = try await withThrowingTaskGroup(of: Int.self) { tries in
                for job in 0..<20 {
                    for _ in 0..<8 {
                        tries.addTask {
                            let outcome = try await tokens.refundTokens(
                                50,
                                to: "ada",
                                for: "job-\(job)",
                                reason: "late"
                            )
                            if case .booked = outcome { return 1 }
                            return 0
                        }
                    }
                }
                return try await tries.reduce(0, +)
            }
            #expect(booked == 20)
            #expect(try await tokens.balance(of: "ada") == 1000)
            try await store.expectClean()
        }
    }
}
