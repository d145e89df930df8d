import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import UnstickServer

@Suite("Request gate")
struct RequestGateTests {
    private let ping = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

    // MARK: One at a time

    @Test("pipelined requests are passed on one at a time, the next when the answer is sent")
    func pipelining() throws {
        let gate = try GateHarness()
        try gate.send(
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n"
        )
        #expect(try gate.requests() == ["GET /1."])
        try gate.send("Host: a\r\n\r\n")
        #expect(try gate.requests() == [])
        try gate.answer(isTaken: false)
        #expect(try gate.requests() == [])
        gate.channel.flush()
        gate.loop.run()
        #expect(try gate.requests() == ["POST /2 abc."])
        try gate.answer()
        #expect(try gate.requests() == ["GET /3."])
        try gate.answer()
        #expect(try gate.requests() == [] && gate.isOpen)
    }

    @Test("a caller who keeps sending and reads no answer is limited to one request and some bytes, then closed")
    func noReader() throws {
        let gate = try GateHarness()
        for _ in 0..<100 { try gate.send(String(repeating: self.ping, count: 100)) }
        #expect(try gate.requests() == ["GET /healthz."])
        try gate.answer(isTaken: false)
        gate.pass(gate.limits.taking)
        #expect(!gate.isOpen && gate.presence.isGone)
    }

    @Test("however the bytes are split, the same requests arrive, each once")
    func cuts() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let gate = try GateHarness()
            let expected = (0..<Int.random(in: 1...8, using: &random)).map {
                number -> (text: String, request: String) in
                let body = String(["\n\n", "a\r\n\r\nb", "x", ""].randomElement(using: &random) ?? "")
                guard Bool.random(using: &random) else {
                    return ("\r\nGET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\(number).")
                }
                let head = "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                return (head + body, "POST /\(number)" + (body.isEmpty ? "" : " \(body)") + ".")
            }
            var rest = Substring(expected.map(\.text).joined())
            var answered = 0
            while gate.isOpen, !rest.isEmpty || answered < expected.count {
                let piece = rest.unicodeScalars.prefix(Int.random(in: 1...20, using: &random))
                rest = Substring(rest.unicodeScalars.dropFirst(piece.count))
                try gate.send(String(piece))
                _ = try gate.requests()
                guard gate.came.count > answered, gate.came[answered].hasSuffix(".") else { continue }
                #expect(gate.came.count == answered + 1)
                try gate.answer()
                answered += 1
            }
            #expect(gate.isOpen && gate.came == expected.map(\.request))
        }
    }

    @Test("a chunked body arrives whole; a request after it in the same piece is left to another connection")
    func chunks() throws {
        let gate = try GateHarness()
        try gate.send(
            "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\(self.ping)\(self.ping)"
        )
        #expect(try gate.requests() == ["POST /1 abc."])
        try gate.answer()
        #expect(try gate.sent().lowercased().contains("connection: close") && !gate.isOpen)
        #expect(try gate.requests() == [])
    }

    // MARK: Refused requests

    @Test(
        "a request without exactly one valid Host is 400; HTTP/1.0 needs none",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", false), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", false), ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", false), ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", false),
            ("GET http://a/ HTTP/1.1\r\n\r\n", false), ("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", false),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nhOsT: [::1]:8080\r\n\r\n", true),
            ("GET / HTTP/1.0\r\n\r\n", true), ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", true),
        ]
    )
    func host(request: String, isGood: Bool) throws {
        let gate = try GateHarness()
        try gate.send(request)
        #expect(try gate.requests().isEmpty != isGood)
        guard !isGood else { return }
        let sent = try gate.sent()
        #expect(sent.hasPrefix("HTTP/1.1 400 ") && sent.contains(#""code":"invalid_host""#) && !gate.isOpen)
    }

    @Test(
        "a method that the server does not know is 501",
        arguments: ["BREW", "PROPFIND", "CONNECT", "get", "M-SEARCH"]
    )
    func method(name: String) throws {
        let gate = try GateHarness()
        try gate.send("\(name) \(name == "CONNECT" ? "a:1" : "/") HTTP/1.1\r\nHost: a\r\n\r\n")
        let sent = try gate.sent()
        #expect(sent.hasPrefix("HTTP/1.1 501 ") && sent.contains(#""code":"unknown_method""#) && !gate.isOpen)
        #expect(try gate.requests() == [])
    }

    @Test(
        "a body with an unsupported encoding is refused",
        arguments: [
            ("Transfer-Encoding: gzip, chunked", "501"), ("Content-Encoding: gzip\r\nContent-Length: 1", "415"),
        ]
    )
    func encoding(field: String, status: String) throws {
        let gate = try GateHarness()
        try gate.send("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
        let sent = try gate.sent()
        #expect(sent.hasPrefix("HTTP/1.1 \(status) ") && !gate.isOpen, "\(sent)")
        #expect(try gate.requests() == [])
    }

    @Test(
        "invalid HTTP/1.1 requests are refused with the reason",
        arguments: [
            ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "501"), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX y\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n", "431"),
            ("GET /" + String(repeating: "x", count: 20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", "431"),
            ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n", "431"),
        ]
    )
    func malformed(request: String, status: String) throws {
        let gate = try GateHarness()
        try gate.send(request)
        let sent = try gate.sent()
        #expect(sent.hasPrefix("HTTP/1.1 \(status) ") && !gate.isOpen, "\(sent.prefix(20))")
        #expect(try gate.requests() == [])
    }

    @Test("a body that ends early is 400, and its reader gets an error")
    func brokenBody() throws {
        let gate = try GateHarness()
        try gate.send("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
        #expect(try gate.sent().hasPrefix("HTTP/1.1 400 "))
        #expect(throws: ChannelError.inputClosed) { try gate.channel.throwIfErrorCaught() }
    }

    @Test("a request for another protocol is answered in this one, once", arguments: ["h2c", "websocket"])
    func upgrade(name: String) throws {
        let gate = try GateHarness()
        try gate.send("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: \(name)\r\n\r\n\(self.ping)")
        #expect(try gate.requests() == ["GET /1."])
        try gate.answer()
        #expect(try gate.sent().lowercased().contains("connection: close") && !gate.isOpen)
    }

    @Test("HTTP/1.0 and 'Connection: close', in any case, end the connection with the answer")
    func lastRequest() throws {
        for request in [
            "GET /1 HTTP/1.0\r\n\r\n", "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
            "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: te, close\r\n\r\n",
        ] {
            let gate = try GateHarness()
            try gate.send(request + self.ping)
            #expect(try gate.requests() == ["GET /1."])
            try gate.answer()
            #expect(try gate.sent().lowercased().contains("connection: close") && !gate.isOpen)
        }
    }

    // MARK: Time

    @Test("a silent connection is closed, one that sends a head slowly gets an error")
    func slowHead() throws {
        let silent = try GateHarness()
        silent.pass(silent.limits.head - .seconds(1))
        #expect(silent.isOpen)
        silent.pass(.seconds(1))
        #expect(try !silent.isOpen && silent.sent() == "")
        let slow = try GateHarness()
        try slow.send("GET /")
        for _ in 0..<10 {
            try slow.send("x")
            slow.pass(.seconds(1))
        }
        #expect(try !slow.isOpen && slow.sent().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("a slow body gets an error, however steadily it arrives; after an early answer it is only closed")
    func slowBody() throws {
        let head = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        let slow = try GateHarness()
        try slow.send(head)
        for _ in 0..<30 {
            try slow.send("x")
            slow.pass(.seconds(1))
        }
        #expect(try !slow.isOpen && slow.sent().hasPrefix("HTTP/1.1 408 "))
        let early = try GateHarness()
        try early.send(head)
        try early.answer()
        _ = try early.sent()
        early.pass(early.limits.body)
        #expect(try !early.isOpen && early.sent() == "")
    }

    @Test("a connection is closed when it is silent between requests, and when no answer is ready in time")
    func idle() throws {
        let gate = try GateHarness()
        for _ in 0..<3 {
            gate.pass(gate.limits.head - .seconds(1))
            try gate.send(self.ping)
            gate.pass(.minutes(10))
            try gate.answer("taken")
            gate.pass(gate.limits.idle - .seconds(1))
            #expect(gate.isOpen)
            try gate.send(self.ping)
            try gate.answer()
        }
        gate.pass(gate.limits.idle)
        #expect(!gate.isOpen)
        let unanswered = try GateHarness()
        try unanswered.send(self.ping)
        unanswered.pass(unanswered.limits.answer)
        #expect(!unanswered.isOpen)
    }

    // MARK: The end

    @Test(
        "when the server stops, idle connections close, received requests are answered, others have a time"
    )
    func stops() throws {
        func stop(_ gate: GateHarness) {
            gate.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let idle = try GateHarness()
        stop(idle)
        #expect(!idle.isOpen)
        let working = try GateHarness()
        try working.send(self.ping + self.ping)
        stop(working)
        working.pass(.seconds(20))
        #expect(working.isOpen)
        try working.answer()
        #expect(try working.sent().lowercased().contains("connection: close") && !working.isOpen)
        let receiving = try GateHarness()
        try receiving.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        stop(receiving)
        receiving.pass(receiving.limits.stopping)
        #expect(!receiving.isOpen)
    }

    @Test("a caller who closes their half is answered, and counts as disconnected")
    func halfClosed() throws {
        let gate = try GateHarness()
        try gate.send(self.ping + self.ping)
        gate.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(gate.presence.isGone)
        #expect(try gate.requests() == ["GET /healthz."])
        try gate.answer("first")
        #expect(try gate.requests() == ["GET /healthz."])
        try gate.answer("second")
        #expect(try gate.sent().contains("second"))
    }
}
