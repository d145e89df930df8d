import Unstick

/// A transaction in progress.
package protocol ServerTransaction: SendableMetatype {
    /// Whether the `COMMIT` may have reached the server.
    var isCommitting: Bool { get }

    /// Commits, unless the calls already did.
    func commit() throws

    /// Rolls back; a connection on which that fails is not used again.
    func rollBack()
}

extension ConnectionPool {
    /// Runs work that may run twice.
    ///
    /// When the connection is lost it runs once more.
    package func once<Value: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> Value
    ) async throws -> Value {
        try await DatabaseMetrics.measured("call") {
            try await Self.repeating {
                $0.lossReason != nil
            } _: {
                try await self.withConnection(body)
            }
        }
    }

    /// Runs a transaction.
    ///
    /// After a deadlock it runs again. It also runs again when the connection was lost before the `COMMIT` was sent,
    /// unless the outcome can be read back: then the caller decides whether to continue.
    package func transact<Transaction: ServerTransaction, Value: Sendable>(
        ifUnknown: Unknown<Value>,
        on makeTransaction: @Sendable @escaping (Connection) -> Transaction,
        _ body: @Sendable @escaping (Transaction) throws -> Value
    ) async throws -> Value {
        let isReadBack = if case .readBack = ifUnknown { true } else { false }
        let isRepeated = if case .repeatIt = ifUnknown { true } else { false }
        do {
            return try await DatabaseMetrics.measured("transaction") {
                try await Self.repeating {
                    $0.lossReason != nil && !isReadBack
                } _: {
                    try await self.withConnection { connection in
                        try Self.attempt(makeTransaction(connection), isRepeated: isRepeated, body)
                    }
                }
            }
        } catch let lost as LostAtCommit {
            if case .readBack(let find) = ifUnknown {
                return try await Self.outcome(lost, find)
            }
            throw UnstickError(
                .databaseUnavailable,
                "The connection to the database was lost during the commit, so it is not known whether the change was "
                    + "made. Check before you try again."
            )
        }
    }

    /// Runs a transaction once.
    ///
    /// - Throws: `LostAtCommit` where the outcome is unknown and the transaction must not simply run again.
    private static func attempt<Transaction: ServerTransaction, Value>(
        _ transaction: Transaction,
        isRepeated: Bool,
        _ body: (Transaction) throws -> Value
    ) throws -> Value {
        do {
            let value = try body(transaction)
            try transaction.commit()
            return value
        } catch {
            transaction.rollBack()
            guard transaction.isCommitting, !isRepeated, let reason = (error as? Connection.Failure)?.lossReason else {
                throw error
            }
            throw LostAtCommit(reason: reason)
        }
    }

    /// - Throws: `databaseUnavailable` where it did not happen, and where that could not be read: the caller must not
    ///   treat it as a refusal.
    private static func outcome<Value>(
        _ lost: LostAtCommit,
        _ find: () async throws -> Value?
    ) async throws -> Value {
        do {
            if let value = try await find() { return value }
        } catch {
            throw UnstickError(
                .databaseUnavailable,
                "The connection to the database was lost during the commit, and its outcome could not be read.",
                cause: "\(error)"
            )
        }
        throw UnstickError.connectionLost(lost.reason)
    }
}

private struct LostAtCommit: Error {
    let reason: String
}
