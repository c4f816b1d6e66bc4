import Testing
import TidelineService

struct ConfigurationValueTests {
    @Test(arguments: [
        ("250ms", Int64(250)), ("5s", 5000), ("5m", 300_000), ("1h", 3_600_000), ("90d", 7_776_000_000), ("0", 0),
        ("0s", 0),
    ])
    func `durations are digits and a unit`(text: String, milliseconds: Int64) throws {
        let duration = try #require(DurationText.parse(text))

        #expect(duration.milliseconds == milliseconds)
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }

    @Test(arguments: ["", "5", "s", "-5s", "5 s", "1.5h", "5S", "5sec", "99999999999999999999s", "100001d", "٥s"])
    func `other durations are refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [("64KiB", 65_536), ("8MiB", 8_388_608), ("1GiB", 1_073_741_824), ("100", 100), ("7B", 7)])
    func `sizes are digits and a unit or bytes`(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
        #expect(SizeText.parse(SizeText.format(bytes)) == bytes)
    }

    @Test(arguments: ["", "KiB", "64KB", "64k", "-1", "1.5MiB", "9999999999999GiB", "64 KiB"])
    func `other sizes are refused`(text: String) {
        #expect(SizeText.parse(text) == nil)
    }
}
