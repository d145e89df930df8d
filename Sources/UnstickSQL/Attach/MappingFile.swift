public import Foundation
import Unstick

/// The place and the form of a team's own jobs, balances and ledger.
///
/// It names schemas, tables, columns and values, and never contains SQL: every name is checked against the catalogue
/// before it is used. It is read from JSON; a YAML file has the same keys.
public struct MappingFile: Hashable, Sendable, Codable {
    /// The name of the mapping, so that its refunds are found when its table is renamed.
    ///
    /// The default is `schema.table`. See ``Source``.
    package var name: String?
    /// The jobs.
    package var jobs: Jobs
    /// The users' balances; without them, ``compensation`` decides how a charge is refunded.
    package var balances: Balances?
    /// The team's list of token transactions.
    package var ledger: Ledger?
    /// How a charge is refunded; the default is the balances where they are mapped, otherwise not at all.
    package var compensation: Compensation?
    /// What happens to the row of a stuck job; by default it fails.
    package var onStuck: OnStuck?

    /// What happens to the row of a stuck job.
    package enum OnStuck: String, Sendable, Codable, CaseIterable {
        /// It fails.
        case fail
        /// It returns to the queue.
        case retry
        /// It does not change; each attempt is reported, and its charge refunded, once.
        case report
    }

    /// How a charge is refunded.
    package enum Compensation: String, Sendable, Codable {
        /// In the mapped balances, in the transaction that fails the job.
        case balances
        /// By an event for the team's own billing.
        case webhook
        /// Not at all.
        case none
    }

    /// The jobs' table.
    package struct Jobs: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        package var schema: String?
        /// Its name.
        package var table: String
        /// The primary key: text, uuid or integer.
        package var id: String
        /// The job's user; without it, no user is refunded.
        package var user: String?
        /// The charge, in whole tokens; NULL is nothing.
        package var cost: Value?
        /// The kind of work; the default is the name of the table.
        package var kind: Value?
        /// The price class.
        package var tier: Value?
        /// The status of a job.
        package var state: State
        /// When the current attempt started.
        package var started: TimeColumn?
        /// A worker's heartbeat: a job whose last one is younger than the timeout is not stuck.
        package var heartbeat: TimeColumn?
        /// When the row last changed; the age counts from it where there is no start.
        package var updated: TimeColumn?
        /// When the job ended; set when it fails.
        package var completed: TimeColumn?
        /// When the job was created.
        package var created: TimeColumn?
        /// How often a worker started the job.
        package var attempt: String?
        /// The number of the open charge, where the app counts them; otherwise a job is refunded once in its life.
        package var charge: String?
        /// The column for the error when a job fails.
        package var error: ErrorColumn?
        /// Columns that every change of the row sets.
        package var touch: [String: Setting]?
        /// Further columns that are set when a job fails.
        package var fail: [String: Setting]?
        /// Columns that are set when a job returns to the queue; without them there is no `retry`.
        package var retry: [String: Setting]?
    }

    /// The source of a value.
    package enum Value: Hashable, Sendable {
        /// A column of the job's row.
        case column(String)
        /// The same value for every job.
        case constant(String)
        /// A column of a row in another table.
        case lookup(Lookup)
    }

    /// The greatest value of a column among a job's rows in another table.
    package struct Lookup: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        package var schema: String?
        /// The other table.
        package var table: String
        /// The column whose greatest value counts.
        package var column: String
        /// Columns of the other table, each with the column of the job's row that it equals.
        package var match: [String: String]
        /// Columns of the other table, each with its required value.
        package var `where`: [String: String]?
    }

    /// A time, and the form in which it is stored.
    package struct TimeColumn: Hashable, Sendable, Codable {
        /// The schema of another table.
        package var schema: String?
        /// Another table; without it, the column is in the job's row.
        package var table: String?
        /// The column.
        package var column: String
        /// See ``Lookup/match``.
        package var match: [String: String]?
        /// See ``Lookup/where``.
        package var `where`: [String: String]?
        /// The form in which the column stores it.
        package var kind: TimeKind
        /// Whose clock the time is from; without it, that of the program that wrote it.
        package var clock: Clock?
    }

    /// The clock of a time, where it is known.
    package enum Clock: String, Sendable, Codable {
        /// The database writes the time itself, such as with `now()` in the statement that starts the job.
        case database
    }

    /// How a time is stored; a wrong kind refunds live jobs, so it is never guessed.
    package enum TimeKind: String, Sendable, Codable {
        /// `timestamp with time zone`.
        case timestamptz
        /// `timestamp` without a zone, in UTC: Prisma, Rails, Ecto.
        case timestampUTC = "timestamp_utc"
        /// Whole or fractional seconds since 1970.
        case epochSeconds = "epoch_s"
        /// Milliseconds since 1970.
        case epochMilliseconds = "epoch_ms"
    }

    /// How to read a job's status.
    package struct State: Hashable, Sendable, Codable {
        /// The column with the status; left out where it is derived.
        package var column: String?
        /// The meaning of its values.
        package var values: [JobStatusName: [String]]?
        /// Columns that are NULL or not: a job has the status whose conditions are all true.
        package var derived: [JobStatusName: [String: Condition]]?
    }

    /// The statuses, as a mapping names them.
    package enum JobStatusName: String, Sendable, Codable, CodingKeyRepresentable {
        /// Waiting for a worker.
        case pending
        /// A worker has claimed it.
        case processing
        /// Delivered.
        case completed
        /// Not delivered.
        case failed
        /// Cancelled.
        case cancelled
    }

    /// A condition on a column.
    package enum Condition: String, Sendable, Codable {
        /// It is NULL.
        case null
        /// It is not NULL.
        case notNull = "not_null"
        /// It is true.
        case `true`
        /// It is false.
        case `false`
    }

    /// The new value of a column.
    package enum Setting: String, Sendable, Codable {
        /// The time of the change.
        case now
        /// NULL.
        case null
        /// The value plus one.
        case increment
    }

    /// The column for a job's error.
    package struct ErrorColumn: Hashable, Sendable, Codable {
        /// The column.
        package var column: String
        /// `text`, `json` (an object with `error` and `at`), or `append` (such an object added to a JSON array).
        package var kind: Kind

        /// How the error is written.
        package enum Kind: String, Sendable, Codable {
            /// As text.
            case text
            /// An object with `error` and `at`.
            case json
            /// Such an object, added to a JSON array.
            case append
        }
    }

    /// The table with the users' balances, one row a user.
    package struct Balances: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        package var schema: String?
        /// Its name.
        package var table: String
        /// The column with the user; a key.
        package var user: String
        /// The column with the balance, in whole tokens.
        package var balance: String
        /// When the row last changed; set with every refund.
        package var updated: TimeColumn?
        /// The value of a balance that is NULL; without it, runs set aside the user's jobs.
        package var nullBalance: NullBalance?

        /// The value of a balance that is NULL.
        package enum NullBalance: String, Sendable, Codable {
            /// Zero: the first refund makes it a number.
            case zero
        }
    }

    /// The team's list of token transactions.
    package struct Ledger: Hashable, Sendable, Codable {
        /// Its schema; without one, the first of the role's search path that has the table.
        package var schema: String?
        /// Its name.
        package var table: String
        /// The key column, text or uuid, written as a function of the job; left out where the database sets it.
        package var id: String?
        /// The column with the user.
        package var user: String
        /// The column with the tokens, positive for a refund.
        package var amount: String
        /// The column with the type of a line, and its value for a refund.
        package var type: Constant?
        /// The column with the source of a line, and its value for a refund.
        package var source: Constant?
        /// The column with the job's id.
        package var job: String?
        /// The column with the balance after the line.
        package var balanceAfter: String?
        /// The column with the reason: text, json or jsonb.
        package var reason: String?
        /// When the line was booked.
        package var created: TimeColumn?
    }

    /// A column with a fixed value.
    package struct Constant: Hashable, Sendable, Codable {
        /// The column.
        package var column: String
        /// Its value.
        package var value: String
    }
}

extension MappingFile {
    /// Reads a mapping.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidInput` with the place: a missing or unknown key, or an invalid value.
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

    /// The decoded mapping is encoded again: a key that is then missing is unknown.
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
    package init(from decoder: any Decoder) throws {
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
    package func encode(to encoder: any Encoder) throws {
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
        case .dataCorrupted(let context): "\(context.pointer): \(context.explanation)"
        @unknown default: "it is not a mapping."
        }
    }
}

extension DecodingError.Context {
    fileprivate var pointer: String { "/" + self.codingPath.map(\.stringValue).joined(separator: "/") }

    /// What is wrong, without the names of types.
    fileprivate var explanation: String {
        guard let value = self.debugDescription.firstMatch(of: /from invalid String value (.*)$/)?.output.1 else {
            return self.debugDescription
        }
        return "'\(value)' is not one of the words that docs/mapping.md lists here"
    }
}
