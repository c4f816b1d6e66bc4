import Events
import Foundation
import Testing

struct LocalDayTests {
    private func time(_ text: String) throws -> Milliseconds { try #require(Timestamp.parse(text)) }

    @Test(arguments: [
        ("UTC", "2025-06-15T12:00:00Z", "2025-06-15T00:00:00Z", "2025-06-16T00:00:00Z"),
        ("Europe/Berlin", "2025-03-30T12:00:00Z", "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"),  // 23 hours
        ("Europe/Berlin", "2025-10-26T00:30:00Z", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"),  // 25 hours
        ("America/New_York", "2025-11-02T12:00:00Z", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"),
        ("Asia/Kathmandu", "2025-06-15T18:15:00Z", "2025-06-15T18:15:00Z", "2025-06-16T18:15:00Z"),
        ("Asia/Kathmandu", "2025-06-15T18:14:59.999Z", "2025-06-14T18:15:00Z", "2025-06-15T18:15:00Z"),
        // Samoa went from 29 to 31 December 2011.
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        // São Paulo had no midnight on 4 November 2018: clocks went from 00:00 to 01:00.
        ("America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        // On 17 February 2018 they went back from 24:00 to 23:00.
        ("America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"),
        // St. John's fell back at 00:01 until 2011: the minute after midnight begins the new day, and the hour that
        // comes again belongs to it.
        ("America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"),
        ("Asia/Tehran", "2022-03-22T12:00:00Z", "2022-03-21T20:30:00Z", "2022-03-22T19:30:00Z"),
    ])
    func `a day has the bounds that its zone gives it`(zone: String, at: String, start: String, end: String) throws {
        #expect(LocalDay.bounds(containing: try time(at), timeZone: zone) == (try time(start))..<(try time(end)))
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Africa/Casablanca", "America/Havana", "Asia/Gaza", "Pacific/Chatham", "Antarctica/Troll", "Europe/Dublin",
    ])
    func `days follow each other without gap, and agree with the calendar`(zone: String) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        var generator = SeededGenerator(seed: zone.count)
        for _ in 0..<150 {
            let time = Int64.random(in: 631_152_000_000...1_893_456_000_000, using: &generator)

            let day = LocalDay.bounds(containing: time, timeZone: zone)

            try #require(day.contains(time))
            try #require(LocalDay.bounds(containing: day.upperBound, timeZone: zone).lowerBound == day.upperBound)
            try #require(LocalDay.bounds(containing: day.lowerBound - 1, timeZone: zone).upperBound == day.lowerBound)
            let start = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(time) / 1_000))
            try #require(
                day.lowerBound == Int64(start.timeIntervalSince1970 * 1_000), "\(zone) \(Timestamp.format(time))")
        }
    }

    @Test(arguments: [
        ("UTC", true), ("GMT", true), ("Europe/Berlin", true), ("America/Argentina/Buenos_Aires", true),
        ("Asia/Calcutta", true), ("US/Eastern", true), ("Etc/UTC", true), ("Etc/GMT+5", true), ("", false),
        ("Berlin", false),
        ("EST", false), ("+02:00", false), ("GMT+2", false), ("Europe/Nowhere", false), ("europe/berlin", false),
        ("../etc/passwd", false), ("/", false), ("Europe/Berlin ", false), ("Europe/Berlin\0", false),
    ])
    func `a zone is known when the IANA database has it`(zone: String, isKnown: Bool) {
        #expect(LocalDay.isKnown(timeZone: zone) == isKnown)
    }

    @Test func `an unknown zone counts as UTC`() {
        #expect(LocalDay.bounds(containing: 5, timeZone: "Mars/Olympus") == 0..<86_400_000)
    }

    @Test(arguments: [Int64.min, .max])
    func `no time leads to a trap`(time: Milliseconds) {
        #expect(!LocalDay.bounds(containing: time, timeZone: "Asia/Kathmandu").isEmpty)
    }
}
