import Testing

@testable import UnstickServer

@Suite("Retry-After")
struct RetryAfterTests {
    /// The time of the example in RFC 9110.
    private static let time = 784_111_777

    @Test(
        "is a number of seconds or a date, and at most a day",
        arguments: [
            ("0", 0), ("7", 7), ("86401", 86_400), ("99999999999999999999999", 86_400),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
            ("Mon, 07 Nov 1994 08:49:36 GMT", 86_399), ("Thu, 29 Feb 2096 00:00:00 GMT", 86_400),
        ]
    )
    func reads(_ text: String, _ seconds: Int) {
        #expect(RetryAfter.duration(text, now: Self.time) == .seconds(seconds))
    }

    @Test(
        "is ignored in any other form",
        arguments: [
            "", " 7", "-7", "+7", "7.5", "0x7", "soon",
            "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:47 UTC",
            "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994", "Sun, 06 Nov 1994 24:49:47 GMT",
            "Sun, 32 Nov 1994 08:49:47 GMT", "Sun, 6 Nov 1994 08:49:47 GMT", "Sun, 06 nov 1994 08:49:47 GMT",
        ]
    )
    func strict(_ text: String) {
        #expect(RetryAfter.duration(text, now: Self.time) == nil)
    }

    @Test(
        "has dates of the calendar",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Self.time), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 2027 23:59:59 GMT", 1_830_297_599),
        ]
    )
    func dates(_ text: String, _ seconds: Int) {
        #expect(HTTPDate.seconds(text) == seconds)
    }
}
