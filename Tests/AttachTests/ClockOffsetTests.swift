import Testing
import Unstick

@testable import UnstickSQL

@Suite("Differences that a time zone explains")
struct ClockOffsetTests {
    @Test(
        "an age of 15 min to 14 h, within 2 min of a multiple of 15 min, behind the clock or ahead of it",
        arguments: [
            (0, nil), (899, nil), (900, 900), (1020, 900), (1021, nil), (3479, nil), (3480, 3600), (3720, 3600),
            (17_880, 18_000), (18_119, 18_000), (20_700, 20_700), (50_400, 50_400), (50_401, nil), (-3600, -3600),
            (-32_390, -32_400), (-4000, nil), (-51_000, nil),
        ] as [(Int, Int?)]
    )
    func explained(_ age: Int, by offset: Int?) {
        #expect(ClockOffset(ofAge: .seconds(age))?.behind == offset.map { .seconds($0) })
    }

    @Test(
        "the zone is one that has the difference now",
        arguments: [
            ("2026-01-15T12:00:00Z", 5 * 3600, "America/New_York"),
            ("2026-07-15T12:00:00Z", 4 * 3600, "America/New_York"),
            ("2026-03-08T06:59:00Z", 5 * 3600, "America/New_York"),
            ("2026-03-08T07:01:00Z", 4 * 3600, "America/New_York"),
            ("2026-01-15T12:00:00Z", -9 * 3600, "Asia/Tokyo"), ("2026-01-15T12:00:00Z", -20_700, "Asia/Kathmandu"),
            ("2026-01-15T12:00:00Z", 900, nil),
        ] as [(String, Int, String?)]
    )
    func zone(_ now: String, _ behind: Int, _ zone: String?) throws {
        let now = try #require(Timestamp(now))
        #expect(ClockOffset(ofAge: .seconds(behind))?.zone(at: now) == zone)
    }
}
