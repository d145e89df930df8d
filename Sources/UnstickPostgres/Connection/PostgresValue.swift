import UnstickSQL

extension SQLValue {
    /// The value in libpq's text format; `nil` is NULL.
    var postgresText: String? {
        switch self {
        case .null: nil
        case .integer(let integer): String(integer)
        case .text(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .bytes(let bytes): "\\x" + bytes.hexadecimal
        }
    }

    /// An array of values as one parameter, for `unnest`.
    static func array(_ values: some Sequence<SQLValue>) -> SQLValue {
        var text = "{"
        for value in values {
            if text.utf8.count > 1 { text += "," }
            if let element = value.postgresText {
                text += "\"" + element.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            } else {
                text += "NULL"
            }
        }
        return .text(text + "}")
    }
}

extension Sequence<UInt8> {
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: self.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
