/// A value that is bound to a statement.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int)
    case text(String)
    case flag(Bool)
    case bytes([UInt8])

    package init(_ integer: Int?) { self = integer.map { .integer($0) } ?? .null }

    /// A whole number as it is written in a statement.
    package var integerLiteral: String {
        switch self {
        case .integer(let integer): String(integer)
        case .null: "NULL"
        case .text, .flag, .bytes: preconditionFailure("\(self) is no whole number")
        }
    }

    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    package init(integerLiteral integer: Int) { self = .integer(integer) }

    package init(stringLiteral text: String) { self = .text(text) }

    package init(booleanLiteral flag: Bool) { self = .flag(flag) }
}

/// The values of a statement's named parameters.
package typealias SQLArguments = [String: SQLValue]
