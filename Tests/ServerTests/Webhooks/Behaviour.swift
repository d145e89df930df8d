import NIOCore

/// What a ``MisbehavingReceiver`` does.
enum Behaviour: Sendable {
    /// Answers each request with a text, and waits for the next one.
    case answers(String)
    /// Closes a connection as soon as it is there.
    case closesAtOnce
    /// Begins to answer the first request, and closes.
    case closesAfter(String)
    /// Reads requests, and says nothing.
    case neverAnswers
    /// Answers the first request with a text, and then with a byte at a time, never to end.
    case drips(String)
    /// Answers each request with a body of so many bytes.
    case floods(Int)

    /// Answers each request with a status and, if there are any, further headers.
    static func status(_ status: String, _ headers: String...) -> Behaviour {
        .answers((["HTTP/1.1 \(status)", "content-length: 0"] + headers + ["\r\n"]).joined(separator: "\r\n"))
    }

    /// Begins an answer of success that says how long its body is.
    static func head(length: Int) -> String { "HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\n" }
}
