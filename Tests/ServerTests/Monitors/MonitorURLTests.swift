import Testing

@testable import UnstickServer

@Suite("Monitor URLs")
struct MonitorURLTests {
    @Test("every service is called in its own format", arguments: MonitorURLRow.accepted)
    func calls(row: MonitorURLRow) throws {
        let url = try MonitorURL(row.url)
        let calls = [HeartbeatEvent.start, .success, .failure].map { event in
            url.request(for: HeartbeatPing(event, MonitorURLRow.run)).url
        }
        #expect(calls == row.calls)
    }

    @Test("an invalid URL of a monitor is refused, and the message does not show it", arguments: MonitorURLRow.refused)
    func refusals(row: (url: String, words: String)) throws {
        let refusal = try #require(throws: RefusedMonitorURL.self) { try MonitorURL(row.url) }
        #expect(refusal.description.contains(row.words))
        #expect(!refusal.description.contains("secret"))
    }

    @Test("a URL shows only its host, also in a dump")
    func secrecy() throws {
        let url = try MonitorURL("https://HC.example:8443/secret?create=secret")
        var dumped = ""
        dump(url, to: &dumped)
        dump([url], to: &dumped)
        for text in ["\(url)", String(reflecting: url), "\([url])", dumped] {
            #expect(text.contains("hc.example"))
            #expect(!text.contains("secret"))
        }
    }

    @Test("Healthchecks receives the reason in the body, up to 10 kB")
    func postedText() throws {
        let url = try MonitorURL("https://hc-ping.com/secret")
        let short = url.request(for: HeartbeatPing(.failure, MonitorURLRow.run, text: "no space & no hope"))
        #expect(short.body == "no space & no hope")
        // The last character has four bytes, of which only three would fit.
        let long = url.request(
            for: HeartbeatPing(.failure, MonitorURLRow.run, text: "abc" + String(repeating: "😀", count: 9999))
        )
        #expect(long.body?.utf8.count == 9999)
        #expect(long.body?.hasSuffix("😀") == true)
        #expect(url.request(for: HeartbeatPing(.success, MonitorURLRow.run, text: "")).body == nil)
    }

    @Test("Cronitor receives the reason in the URL, percent-encoded, up to 2000 bytes")
    func messageInURL() throws {
        let url = try MonitorURL("https://cronitor.link/p/secret/nightly?message=old")
        let short = url.request(for: HeartbeatPing(.failure, MonitorURLRow.run, text: "50% of é\n& #1?=+~"))
        #expect(
            short.url == "https://cronitor.link/p/secret/nightly?state=fail&series=\(MonitorURLRow.run.id)"
                + "&message=50%25%20of%20%C3%A9%0A%26%20%231%3F%3D%2B~"
        )
        #expect(short.body == nil)
        let long = url.request(
            for: HeartbeatPing(.failure, MonitorURLRow.run, text: String(repeating: "x", count: 5000))
        )
        #expect(long.url.split(separator: "=").last?.count == 2000)
    }

    @Test("Sentry receives no text, because it accepts none")
    func noText() throws {
        let url = try MonitorURL("https://o1.ingest.sentry.io/api/1/cron/nightly/secret/")
        let request = url.request(for: HeartbeatPing(.failure, MonitorURLRow.run, text: "no space"))
        #expect(request.body == nil)
        #expect(!request.url.contains("space"))
    }
}
