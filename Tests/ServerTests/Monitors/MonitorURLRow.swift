import Testing

@testable import UnstickServer

/// A URL, and the expected requests when a run starts, succeeds and fails.
struct MonitorURLRow: Sendable, CustomTestStringConvertible {
    static let run = HeartbeatRun(id: "0b6f1c9e-4f0e-4d8a-9a59-2c1de3b0a7f4")

    let url: String
    let calls: [String]

    var testDescription: String { self.url }

    /// Like Healthchecks.
    static func healthchecks(_ url: String, _ base: String, _ query: String = "", root: String = "") -> Self {
        let ending = "?\(query)rid=\(Self.run.id)"
        return Self(url: url, calls: ["\(base)/start\(ending)", "\(base)\(root)\(ending)", "\(base)/fail\(ending)"])
    }

    /// Cronitor.
    static func cronitor(_ url: String, _ base: String, _ query: String = "") -> Self {
        let calls = ["run", "complete", "fail"].map { "\(base)?\(query)state=\($0)&series=\(Self.run.id)" }
        return Self(url: url, calls: calls)
    }

    /// Sentry.
    static func sentry(_ url: String, _ base: String, _ query: String = "") -> Self {
        let calls = ["in_progress", "ok", "error"].map { "\(base)?\(query)status=\($0)&check_in_id=\(Self.run.id)" }
        return Self(url: url, calls: calls)
    }

    static let accepted: [Self] = [
        .healthchecks("https://hc-ping.com/5bf66975", "https://hc-ping.com/5bf66975"),
        .healthchecks("https://hc-ping.com/5bf66975/", "https://hc-ping.com/5bf66975"),
        .healthchecks("https://hc-ping.com/5bf66975//", "https://hc-ping.com/5bf66975"),
        .healthchecks("HTTPS://HC-Ping.com/KEY/Slug", "https://hc-ping.com/KEY/Slug"),
        .healthchecks("https://hc-ping.com/key/slug?create=1", "https://hc-ping.com/key/slug", "create=1&"),
        .healthchecks("https://hc-ping.com/key/slug/?create=1", "https://hc-ping.com/key/slug", "create=1&"),
        .healthchecks("https://hc-ping.com/key/slug?rid=1&a=b", "https://hc-ping.com/key/slug", "a=b&"),
        .healthchecks("https://hc-ping.com/key/slug?ride=1&rid", "https://hc-ping.com/key/slug", "ride=1&"),
        .healthchecks("https://hc-ping.com/key?", "https://hc-ping.com/key"),
        .healthchecks("https://hc-ping.com/key?a&&b=?/", "https://hc-ping.com/key", "a&b=?/&"),
        .healthchecks("https://hc.example:8443/ping/5bf66975", "https://hc.example:8443/ping/5bf66975"),
        .healthchecks("http://127.0.0.1:8000/ping/5bf66975/", "http://127.0.0.1:8000/ping/5bf66975"),
        .healthchecks("http://[::1]:8000/ping/5bf66975", "http://[::1]:8000/ping/5bf66975"),
        .healthchecks("http://[FE80::1]/ping", "http://[fe80::1]/ping"),
        .healthchecks("https://hc.example", "https://hc.example", root: "/"),
        .healthchecks("https://hc.example/", "https://hc.example", root: "/"),
        .healthchecks("https://hc.example?a=b", "https://hc.example", "a=b&", root: "/"),
        .healthchecks("https://hc.example/cronitor.link/a%20b", "https://hc.example/cronitor.link/a%20b"),
        .healthchecks("https://mycronitor.link/p/key", "https://mycronitor.link/p/key"),
        .healthchecks("https://cronitor.link.example/p/key", "https://cronitor.link.example/p/key"),
        .healthchecks("https://hc.example/api/v1/cron/key", "https://hc.example/api/v1/cron/key"),
        .healthchecks("https://hc.example/api/1/cron", "https://hc.example/api/1/cron"),
        .cronitor("https://cronitor.link/p/key/nightly", "https://cronitor.link/p/key/nightly"),
        .cronitor("https://cronitor.link/p/key/nightly/", "https://cronitor.link/p/key/nightly"),
        .cronitor("https://CRONITOR.link:443/p/key/nightly", "https://cronitor.link:443/p/key/nightly"),
        .cronitor("https://cronitor.link/p/key/n?env=live", "https://cronitor.link/p/key/n", "env=live&"),
        .cronitor("https://cronitor.link/p/key/n?state=run&env=live", "https://cronitor.link/p/key/n", "env=live&"),
        .cronitor("https://cronitor.io/p/key/nightly", "https://cronitor.io/p/key/nightly"),
        .cronitor("https://eu.cronitor.io/p/key/nightly", "https://eu.cronitor.io/p/key/nightly"),
        .sentry("https://o1.ingest.sentry.io/api/1/cron/n/key/", "https://o1.ingest.sentry.io/api/1/cron/n/key/"),
        .sentry("https://o1.ingest.de.sentry.io/api/1/cron/n/key", "https://o1.ingest.de.sentry.io/api/1/cron/n/key/"),
        .sentry("https://my-sentry.example:9000/api/2/cron/n/key/", "https://my-sentry.example:9000/api/2/cron/n/key/"),
        .sentry("https://errors.example/api/42/cron/n/key/", "https://errors.example/api/42/cron/n/key/"),
        .sentry("https://errors.example/relay/api/42/cron/n/key", "https://errors.example/relay/api/42/cron/n/key/"),
        .sentry(
            "https://o1.ingest.sentry.io/api/1/cron/n/key/?environment=live",
            "https://o1.ingest.sentry.io/api/1/cron/n/key/",
            "environment=live&"
        ),
        .sentry(
            "https://o1.ingest.sentry.io/api/1/cron/n/key/?status=ok&check_in_id=1",
            "https://o1.ingest.sentry.io/api/1/cron/n/key/"
        ),
    ]

    static let refused: [(url: String, words: String)] = [
        ("", "not an http or https"),
        ("secret", "not an http or https"),
        ("hc-ping.com/secret", "not an http or https"),
        ("ftp://hc-ping.com/secret", "not an http or https"),
        ("https:/hc-ping.com/secret", "not an http or https"),
        ("https:hc-ping.com/secret", "not an http or https"),
        ("//hc-ping.com/secret", "not an http or https"),
        ("https://", "no host"),
        ("https:///secret", "no host"),
        ("https://?secret", "no host"),
        ("https://:443/secret", "no host"),
        ("https://hc..example/secret", "no host"),
        ("https://.hc.example/secret", "no host"),
        ("https://hc*example/secret", "no host"),
        ("https://hc%2eexample/secret", "no host"),
        ("https://[]/secret", "no host"),
        ("https://[::1/secret", "no host"),
        ("https://[fe80::1%25eth0]/secret", "no host"),
        ("https://ada@hc.example/secret", "user name"),
        ("https://ada:secret@hc.example/", "user name"),
        ("https://hc.example/secret#part", "fragment"),
        ("https://hc.example:0/secret", "port"),
        ("https://hc.example:65536/secret", "port"),
        ("https://hc.example:+443/secret", "port"),
        ("https://hc.example:/secret", "port"),
        ("https://hc.example:443:443/secret", "port"),
        ("https://::1/secret", "no host"),
        ("https://hc.example/sec ret", "white space"),
        ("https://hc.example/secret\r\nX-Evil: 1", "white space"),
        ("https://hc.example\\secret", "backslashes"),
        ("https://bücher.example/secret", "punycode"),
        ("https://hc.example/secret\(String(repeating: "a", count: 2000))", "2000 bytes"),
    ]
}
