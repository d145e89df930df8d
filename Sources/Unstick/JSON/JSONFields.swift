/// A JSON object of texts and whole numbers, written field by field.
///
/// A sender writes one for every event and every try, and this takes a tenth of an encoder's time. `nil` becomes null.
package struct JSONFields {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The object.
    package var text: String { String(decoding: self.bytes + [UInt8(ascii: "}")], as: UTF8.self) }

    package init() {
        self.bytes.reserveCapacity(1024)
    }

    package mutating func add(_ name: StaticString, _ text: String?) {
        self.begin(name)
        guard let text else { return self.bytes.append(contentsOf: "null".utf8) }
        self.bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { self.append(escaping: byte) }
        self.bytes.append(UInt8(ascii: "\""))
    }

    package mutating func add(_ name: StaticString, _ number: Int?) {
        self.begin(name)
        self.bytes.append(contentsOf: (number.map { String($0) } ?? "null").utf8)
    }

    private mutating func begin(_ name: StaticString) {
        if self.bytes.count > 1 { self.bytes.append(UInt8(ascii: ",")) }
        self.bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { self.bytes.append(contentsOf: $0) }
        self.bytes.append(contentsOf: "\":".utf8)
    }

    /// Appends a byte of a text, escaped.
    ///
    /// [RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)
    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            self.bytes.append(UInt8(ascii: "\\"))
            self.bytes.append(byte)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            self.bytes.append(contentsOf: "\\u00".utf8)
            self.bytes.append(digits[Int(byte >> 4)])
            self.bytes.append(digits[Int(byte & 0xf)])
        default:
            self.bytes.append(byte)
        }
    }
}
