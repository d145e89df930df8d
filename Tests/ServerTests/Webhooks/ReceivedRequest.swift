import NIOCore
import NIOHTTP1

/// A request as received.
struct ReceivedRequest: Sendable {
    /// The first line.
    let line: String
    /// The headers.
    let headers: HTTPHeaders
    /// The body.
    let body: ByteBuffer

    /// Reads a complete request from the input; `nil` while a part of it is missing.
    init?(from input: inout ByteBuffer) {
        let bytes = input.readableBytesView
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.add(name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        let start = end.upperBound - bytes.startIndex
        let length = headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard let body = input.getSlice(at: input.readerIndex + start, length: length) else { return nil }
        input.moveReaderIndex(forwardBy: start + length)
        self.line = lines.first.map(String.init) ?? ""
        self.headers = headers
        self.body = body
    }
}
