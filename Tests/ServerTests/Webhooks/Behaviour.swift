import NIOCore

/// The behaviour of a ``MisbehavingReceiver``.
enum Behaviour: Sendable {
    /// Answers each request with a text, and waits for the next one.
    case answers(String)
    /// Closes a connection as soon as it is open.
    case closesAtOnce
    /// Starts an answer to the first request, and closes.
    case closesAfter(String)
    /// Reads requests, and never answers.
    case neverAnswers
    /// Answers the first request with a text, and then with a byte at a time without end.
    case drips(String)
    /// Answers each request with a body of this many bytes.
    case floods(Int)

    /// Answers each request with a status and optional headers.
    static func status(_ status: String, _ headers: String...) -> Behaviour {
        .answers((["HTTP/1.1 \(status)", "content-length: 0"] + headers + ["\r\n"]).joined(separator: "\r\n"))
    }

    /// The start of a successful answer with the length of its body.
    static func head(length: Int) -> String { "HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\n" }
}
