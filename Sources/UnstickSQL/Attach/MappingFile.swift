public import Foundation
import Unstick

/// Where a team's own tables keep their jobs, balances and ledger, and in which form.
///
/// It names schemas, tables, columns and values, and never carries SQL: every name is checked against the catalogue before
/// it is used. Read from JSON; a YAML file says the same.
public struct MappingFile: Hashable, Sendable, Codable {
    /// What the mapping is called, so that its refunds are found again when its table gets another name.
    ///
    /// `schema.table` unless set. See ``Source``.
    public var name: String?
    /// The jobs.
    public var jobs: Jobs
    /// The users' balances; left out, a charge is refunded as ``compensation`` says.
    public var balances: Balances?
    /// The team's list of token transactions.
    public var ledger: Ledger?
    /// How a charge is refunded; by the balances where they are mapped, else not at all.
    public var compensation: Compensation?
    /// What happens to the row of a stuck job; it fails unless set.
    public var onStuck: OnStuck?

    /// What happens to the row of a stuck job.
    public enum OnStuck: String, Sendable, Codable, CaseIterable {
        /// It fails.
        case fail
        /// It goes back to the queue.
        case retry
        /// It stays as it is; each attempt is reported, and its charge refunded, once.
        case report
    }

    /// How a charge is refunded.
    public enum Compensation: String, Sendable, Codable {
        /// By the mapped balances, in the transaction that fails the job.
        case balances
        /// By an event that the team's own billing answers.
        case webhook
        /// Not at all.
        case none
    }

    /// The jobs' table.
    public struct Jobs: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        public var schema: String?
        /// Its name.
        public var table: String
        /// The primary key: text, uuid or integer.
        public var id: String
        /// Whose job it is; left out, no user is refunded.
        public var user: String?
        /// What was charged, in whole tokens; NULL is nothing.
        public var cost: Value?
        /// What sort of work it is; the name of the table where it is left out.
        public var kind: Value?
        /// The price class.
        public var tier: Value?
        /// What tells a job's status.
        public var state: State
        /// When the current attempt started.
        public var started: Moment?
        /// A worker's heartbeat: a job whose last one is younger than the timeout is not stuck.
        public var heartbeat: Moment?
        /// When the row last changed; the age counts from it where there is no start.
        public var updated: Moment?
        /// When the job ended; set when it fails.
        public var completed: Moment?
        /// When the job was created.
        public var created: Moment?
        /// How often a worker started the job.
        public var attempt: String?
        /// Which charge is open, where the app counts them; else a job is refunded once in its life.
        public var charge: String?
        /// Where the reason goes when a job fails.
        public var error: ErrorColumn?
        /// Columns that every change of the row sets.
        public var touch: [String: Setting]?
        /// Further columns that failing a job sets.
        public var fail: [String: Setting]?
        /// Columns that sending a job back to the queue sets; without them there is no `retry`.
        public var retry: [String: Setting]?
    }

    /// Where a value comes from.
    public enum Value: Hashable, Sendable {
        /// A column of the job's row.
        case column(String)
        /// The same for every job.
        case constant(String)
        /// A column of a row elsewhere.
        case lookup(Lookup)
    }

    /// The greatest value of a column among the rows elsewhere that belong to a job.
    public struct Lookup: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        public var schema: String?
        /// The table elsewhere.
        public var table: String
        /// The column whose greatest value counts.
        public var column: String
        /// Their columns, each with the column of the job's row that it equals.
        public var match: [String: String]
        /// Their columns, each with the value that it must have.
        public var `where`: [String: String]?
    }

    /// A moment, and the form in which it is kept.
    public struct Moment: Hashable, Sendable, Codable {
        /// The schema of a table elsewhere.
        public var schema: String?
        /// A table elsewhere; left out, the column is the row's own.
        public var table: String?
        /// The column.
        public var column: String
        /// See ``Lookup/match``.
        public var match: [String: String]?
        /// See ``Lookup/where``.
        public var `where`: [String: String]?
        /// How the column keeps it.
        public var kind: TimeKind
    }

    /// How a moment is kept; a wrong one refunds live jobs, so it is never guessed.
    public enum TimeKind: String, Sendable, Codable {
        /// `timestamp with time zone`.
        case timestamptz
        /// `timestamp` without a zone, in UTC: Prisma, Rails, Ecto.
        case timestampUTC = "timestamp_utc"
        /// Whole or fractional seconds since 1970.
        case epochSeconds = "epoch_s"
        /// Milliseconds since 1970.
        case epochMilliseconds = "epoch_ms"
    }

    /// What tells a job's status.
    public struct State: Hashable, Sendable, Codable {
        /// The column with the status; left out where it is derived.
        public var column: String?
        /// Which of its values mean what.
        public var values: [JobStatusName: [String]]?
        /// Columns that are NULL or not: a job is of the status whose conditions all hold.
        public var derived: [JobStatusName: [String: Condition]]?
    }

    /// The statuses, as a mapping calls them.
    public enum JobStatusName: String, Sendable, Codable, CodingKeyRepresentable {
        /// Waiting for a worker.
        case pending
        /// A worker has it.
        case processing
        /// Delivered.
        case completed
        /// Not delivered.
        case failed
        /// Cancelled.
        case cancelled
    }

    /// Whether a column is NULL.
    public enum Condition: String, Sendable, Codable {
        /// It is NULL.
        case null
        /// It is not NULL.
        case notNull = "not_null"
        /// It is true.
        case `true`
        /// It is false.
        case `false`
    }

    /// What a column is set to.
    public enum Setting: String, Sendable, Codable {
        /// The moment of the change.
        case now
        /// NULL.
        case null
        /// One more.
        case increment
    }

    /// Where a job's error goes.
    public struct ErrorColumn: Hashable, Sendable, Codable {
        /// The column.
        public var column: String
        /// `text`, `json` (an object with `error` and `at`), or `append` (such an object added to a JSON array).
        public var kind: Kind

        /// How the error is written.
        public enum Kind: String, Sendable, Codable {
            /// As it is.
            case text
            /// An object with `error` and `at`.
            case json
            /// Such an object, added to a JSON array.
            case append
        }
    }

    /// The table with the users' balances, one row a user.
    public struct Balances: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        public var schema: String?
        /// Its name.
        public var table: String
        /// The column with the user; a key.
        public var user: String
        /// The column with the balance, in whole tokens.
        public var balance: String
        /// When the row last changed; set with every refund.
        public var updated: Moment?
        /// What a balance that is NULL counts as; left out, its user's jobs are set aside.
        public var nullBalance: NullBalance?

        /// What a balance that is NULL counts as.
        public enum NullBalance: String, Sendable, Codable {
            /// Nothing: the first refund makes it a number.
            case zero
        }
    }

    /// The team's list of token transactions.
    public struct Ledger: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        public var schema: String?
        /// Its name.
        public var table: String
        /// The key column, text or uuid, written as a function of the job; left out where the database makes it.
        public var id: String?
        /// The column with the user.
        public var user: String
        /// The column with the tokens, positive for a refund.
        public var amount: String
        /// The column with the type of a line, and what it says for a refund.
        public var type: Constant?
        /// The column with what booked a line, and what it says for a refund.
        public var source: Constant?
        /// The column with the job's id.
        public var job: String?
        /// The column with the balance once the line counts.
        public var balanceAfter: String?
        /// The column with the reason: text, json or jsonb.
        public var reason: String?
        /// When the line was booked.
        public var created: Moment?
    }

    /// A column with a fixed value.
    public struct Constant: Hashable, Sendable, Codable {
        /// The column.
        public var column: String
        /// What it is set to.
        public var value: String
    }
}

extension MappingFile {
    /// Reads a mapping.
    ///
    /// - Throws: ``Unstick/UnstickError`` `invalidInput`, naming the place: a key that is missing or unknown, a value that
    ///   is not one of those possible.
    public init(json: Data) throws {
        do {
            self = try JSONDecoder().decode(MappingFile.self, from: json)
        } catch let error as DecodingError {
            throw UnstickError(.invalidInput, "The mapping cannot be read: \(error.place)")
        }
        let known = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self))
        if let key = Self.firstUnknownKey(in: try JSONSerialization.jsonObject(with: json), known: known, path: "") {
            throw UnstickError(.invalidInput, "The mapping has an unknown key: \(key)")
        }
        if let name { try Self.check(name: name) }
    }

    /// - Throws: `invalidArgument` where a text cannot be the name of a mapping.
    package static func check(name: String) throws {
        let isPrintable = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard (1...200).contains(name.utf8.count), isPrintable else {
            throw UnstickError(
                .invalidArgument,
                "The name of a mapping has 1 to 200 bytes and no control characters."
            )
        }
    }

    /// What was read is written again: a key that is not there then was not understood.
    private static func firstUnknownKey(in value: Any, known: Any, path: String) -> String? {
        guard let object = value as? [String: Any], let known = known as? [String: Any] else { return nil }
        for key in object.keys.sorted() where !(object[key] is NSNull) {
            guard let inner = known[key] else { return "\(path)/\(key)" }
            if let found = self.firstUnknownKey(in: object[key] as Any, known: inner, path: "\(path)/\(key)") {
                return found
            }
        }
        return nil
    }
}

extension MappingFile.Value: Codable {
    private enum Key: String, CodingKey {
        case constant
    }

    /// A text is a column; an object has a `constant`, or is a ``MappingFile/Lookup``.
    public init(from decoder: any Decoder) throws {
        if let column = try? decoder.singleValueContainer().decode(String.self) {
            self = .column(column)
        } else if let container = try? decoder.container(keyedBy: Key.self), container.contains(.constant) {
            let number = try? container.decode(Int.self, forKey: .constant)
            self = .constant(try number.map(String.init) ?? container.decode(String.self, forKey: .constant))
        } else {
            self = .lookup(try MappingFile.Lookup(from: decoder))
        }
    }

    /// Encodes what ``init(from:)`` reads.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .column(let column):
            var container = encoder.singleValueContainer()
            try container.encode(column)
        case .constant(let constant):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(constant, forKey: .constant)
        case .lookup(let lookup): try lookup.encode(to: encoder)
        }
    }
}

extension DecodingError {
    fileprivate var place: String {
        switch self {
        case .keyNotFound(let key, let context): "\(context.pointer)/\(key.stringValue) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(context.pointer) has the wrong type."
        case .dataCorrupted(let context): "\(context.pointer): \(context.debugDescription)"
        @unknown default: "it is not a mapping."
        }
    }
}

extension DecodingError.Context {
    fileprivate var pointer: String { "/" + self.codingPath.map(\.stringValue).joined(separator: "/") }
}
