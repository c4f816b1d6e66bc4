import Events
import Foundation
import Testing

struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_765_022_400_123, "2025-12-06T12:00:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Milliseconds, String)])
    func `a time is written with milliseconds in UTC`(time: Milliseconds, text: String) {
        #expect(Timestamp.format(time) == text)
    }

    @Test(
        arguments: [
            ("2025-12-06T12:00:00Z", 1_765_022_400_000), ("2025-12-06t12:00:00.1z", 1_765_022_400_100),
            ("2025-12-06T12:00:00.12Z", 1_765_022_400_120), ("2025-12-06T12:00:00.123456789Z", 1_765_022_400_123),
            ("2025-12-06T17:45:00+05:45", 1_765_022_400_000), ("2025-12-06T04:00:00.000-08:00", 1_765_022_400_000),
            ("2025-12-06T12:00:00-00:00", 1_765_022_400_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1969-12-31T23:59:59.999Z", -1), ("1970-01-01T00:00:00+00:01", -60_000),
            ("2025-02-29T00:00:00Z", nil), ("1900-02-29T00:00:00Z", nil), ("2025-00-01T00:00:00Z", nil),
            ("2025-13-01T00:00:00Z", nil), ("2025-04-31T00:00:00Z", nil), ("2025-01-00T00:00:00Z", nil),
            ("2025-01-01T24:00:00Z", nil), ("2025-01-01T00:60:00Z", nil), ("2025-01-01T23:59:60Z", nil),
            ("2025-01-01 00:00:00Z", nil), ("2025-01-01T00:00:00", nil), ("2025-01-01T00:00:00.Z", nil),
            ("2025-01-01T00:00:00.0000000001Z", nil), ("2025-01-01T00:00:00+0100", nil),
            ("2025-01-01T00:00:00+24:00", nil),
            ("2025-01-01", nil), ("", nil), ("2025-1-1T00:00:00Z", nil), ("2025-01-01T00:00:00Zx", nil),
            ("0000-01-01T00:00:00+00:01", nil), ("9999-12-31T23:59:59-00:01", nil), ("２025-01-01T00:00:00Z", nil),
        ] as [(String, Milliseconds?)])
    func `RFC 3339 is read, anything else is not`(text: String, time: Milliseconds?) {
        #expect(Timestamp.parse(text) == time)
        for cut in 0..<text.count where text.count > 20 && time != nil {
            _ = Timestamp.parse(text.prefix(cut))
        }
    }

    @Test func `random times are written as Foundation writes them and come back`() throws {
        var generator = SeededGenerator(seed: 1)
        let format = Date.ISO8601FormatStyle()
        for _ in 0..<5_000 {
            let time = Int64.random(in: Timestamp.clientRange, using: &generator)

            let text = Timestamp.format(time)

            try #require(Timestamp.parse(text) == time)
            let seconds = Date(timeIntervalSince1970: Double(time / 1_000)).formatted(format)
            try #require(text.prefix(19) == seconds.prefix(19))
        }
    }
}
