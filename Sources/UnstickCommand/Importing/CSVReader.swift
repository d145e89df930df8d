import Unstick

/// Reads CSV (RFC 4180) record by record in bounded memory: quotes, doubled quotes, line breaks in quotes, CRLF, a byte
/// order mark.
struct CSVReader {
    /// One record: the bytes of its fields, one after the other.
    struct Record {
        fileprivate(set) var bytes: [UInt8] = []
        fileprivate(set) var ends: [Int] = []
        /// The line of the file on which it begins, counted from 1.
        fileprivate(set) var line = 1

        var count: Int { self.ends.count }

        func withField<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
            let start = index == 0 ? 0 : self.ends[index - 1]
            return self.bytes.withUnsafeBufferPointer {
                body(UnsafeBufferPointer(rebasing: $0[start..<self.ends[index]]))
            }
        }

        func text(_ index: Int) -> String {
            self.withField(index) { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The longest record, in bytes, so that a missing quote does not consume the whole file.
    private static let longestRecord = 1 << 20

    private let reader: FileReader
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var position = 0
    private var available = 0
    private var line = 1

    init(_ reader: FileReader) throws {
        self.reader = reader
        try self.fill()
        if self.chunk.starts(with: [0xef, 0xbb, 0xbf]) && self.available >= 3 { self.position = 3 }
    }

    /// Reads the next record into `record`, and reuses its memory.
    ///
    /// Empty lines are skipped.
    ///
    /// - Returns: `false` at the end of the file.
    /// - Throws: `invalidInput` for an unclosed quote, text after a closing quote, or a record over 1 MB.
    mutating func next(into record: inout Record) throws -> Bool {
        repeat {
            record.bytes.removeAll(keepingCapacity: true)
            record.ends.removeAll(keepingCapacity: true)
            record.line = self.line
            guard try self.peek() != nil else { return false }
            try self.readRecord(into: &record)
        } while record.count == 1 && record.bytes.isEmpty
        return true
    }

    private mutating func readRecord(into record: inout Record) throws {
        while true {
            if try self.peek() == UInt8(ascii: "\"") {
                try self.readQuoted(into: &record)
            } else {
                try self.readPlain(into: &record)
            }
            record.ends.append(record.bytes.count)
            guard let separator = try self.peek() else { return }
            self.position += 1
            if separator == UInt8(ascii: "\r"), try self.peek() == UInt8(ascii: "\n") { self.position += 1 }
            if separator != UInt8(ascii: ",") {
                self.line += 1
                return
            }
        }
    }

    private mutating func readPlain(into record: inout Record) throws {
        while try self.peek() != nil {
            let start = self.position
            while self.position < self.available, !Self.isSeparator(self.chunk[self.position]) { self.position += 1 }
            record.bytes.append(contentsOf: self.chunk[start..<self.position])
            try self.checkLength(of: record)
            if self.position < self.available { return }
        }
    }

    private mutating func readQuoted(into record: inout Record) throws {
        self.position += 1
        while let byte = try self.peek() {
            self.position += 1
            if byte == UInt8(ascii: "\n") { self.line += 1 }
            if byte == UInt8(ascii: "\"") {
                guard try self.peek() == UInt8(ascii: "\"") else {
                    if let after = try self.peek(), !Self.isSeparator(after) {
                        throw UnstickError(.invalidInput, "line \(record.line): text after a closing quote")
                    }
                    return
                }
                self.position += 1
            }
            record.bytes.append(byte)
            try self.checkLength(of: record)
        }
        throw UnstickError(.invalidInput, "line \(record.line): a quote is opened and never closed")
    }

    private func checkLength(of record: Record) throws {
        guard record.bytes.count <= Self.longestRecord else {
            throw UnstickError(
                .invalidInput,
                "line \(record.line): the record is longer than \(Self.longestRecord) bytes"
            )
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func peek() throws -> UInt8? {
        if self.position == self.available { try self.fill() }
        return self.position < self.available ? self.chunk[self.position] : nil
    }

    private mutating func fill() throws {
        self.available = try self.chunk.withUnsafeMutableBytes { try self.reader.read(into: $0) }
        self.position = 0
    }
}
