// The one file of this module that imports Foundation: IANA time zones are nowhere else.
import Foundation
import Synchronization

/// The days of a time zone, as ranges of UTC milliseconds.
///
/// A day begins at the first instant whose local date is that day or a later one. So the days of a zone cover time without
/// gap and without overlap, whatever its clocks do: 23 and 25 hours are natural, a date that a zone skipped has no
/// instant, and where clocks fall back across midnight the repeated hour belongs to the new day.
package struct LocalDay: Sendable {
    /// The day of `timeZone` that `time` belongs to. Thread-safe; a day asked for lately costs one look-up.
    ///
    /// A zone that is not known counts as UTC.
    package static func bounds(containing time: Milliseconds, timeZone: String) -> Range<Milliseconds> {
        let time = min(max(time, Timestamp.range.lowerBound), Timestamp.range.upperBound)
        return cache.withLock { cache in
            if let known = cache.days[timeZone]?.first(where: { $0.contains(time) }) { return known }
            let day = isKnown(timeZone: timeZone) ? computed(time, timeZone) : utcDay(time)
            cache.remember(day, of: timeZone)
            return day
        }
    }

    /// Whether the IANA database has `timeZone`; `UTC` and `GMT` are known, bare abbreviations and offsets are not.
    package static func isKnown(timeZone: String) -> Bool {
        if timeZone == "UTC" || timeZone == "GMT" { return true }
        // Foundation also takes abbreviations, offsets and other spellings, and reads names up to a NUL.
        guard timeZone.utf8.count <= 64, timeZone.utf8.contains(UInt8(ascii: "/")),
            timeZone.utf8.allSatisfy(isZoneNameByte)
        else { return false }
        return TimeZone(identifier: timeZone)?.identifier == timeZone
    }

    private static func isZoneNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") || (byte != UInt8(ascii: ".") && isIdentifierByte(byte))
    }

    /// The latest days asked for of each zone.
    private struct Cache {
        static let daysPerZone = 8
        /// More zones than the IANA database has; reached only by names that are not in it.
        static let maximumZones = 1_024

        var days: [String: [Range<Milliseconds>]] = [:]

        mutating func remember(_ day: Range<Milliseconds>, of timeZone: String) {
            if days.count >= Self.maximumZones, days[timeZone] == nil { days.removeAll() }
            var known = days[timeZone] ?? []
            if known.count >= Self.daysPerZone { known.removeLast() }
            known.insert(day, at: 0)
            days[timeZone] = known
        }
    }

    private static let cache = Mutex(Cache())

    private static func utcDay(_ time: Milliseconds) -> Range<Milliseconds> {
        let start = time.floorDivided(by: Timestamp.millisecondsPerDay) * Timestamp.millisecondsPerDay
        return start..<(start + Timestamp.millisecondsPerDay)
    }

    private static func computed(_ time: Milliseconds, _ name: String) -> Range<Milliseconds> {
        guard let zone = TimeZone(identifier: name) else { return utcDay(time) }
        let spans = Span.spans(of: zone, around: time)
        // The latest date seen up to now: clocks that fall back across midnight do not begin the old day again.
        var date = Int64.min
        for span in spans where span.range.lowerBound <= time {
            date = max(date, span.date(at: min(time, span.range.upperBound - 1)))
        }
        let fallback = utcDay(time)
        return
            (firstInstant(of: date, spans) ?? fallback.lowerBound)..<(firstInstant(of: date + 1, spans)
            ?? fallback.upperBound)
    }

    private static func firstInstant(of date: Int64, _ spans: [Span]) -> Milliseconds? {
        for span in spans {
            let start = max(span.range.lowerBound, date * Timestamp.millisecondsPerDay - span.offset)
            if start < span.range.upperBound { return start }
        }
        return nil
    }

    /// A stretch of time in which a zone's distance from UTC does not change.
    private struct Span {
        /// How far to look on each side: more than the longest day plus the largest jump (Samoa skipped 24 hours).
        static let reach: Int64 = 60 * 3_600_000
        /// Two changes never lie as near as this.
        static let step: Int64 = 3 * 3_600_000

        var range: Range<Milliseconds>
        /// Local time less UTC, in milliseconds.
        let offset: Int64

        func date(at time: Milliseconds) -> Int64 {
            (time + offset).floorDivided(by: Timestamp.millisecondsPerDay)
        }

        /// The spans from ``reach`` before `time` to ``reach`` after it, in order.
        static func spans(of zone: TimeZone, around time: Milliseconds) -> [Span] {
            func offset(_ time: Milliseconds) -> Int64 {
                // Zones change at whole seconds; half a second inside keeps the binary fraction of `Date` out of it.
                let second = time.floorDivided(by: 1_000)
                return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second) + 0.5))) * 1_000
            }
            var start = time - reach
            var current = offset(start)
            var spans: [Span] = []
            var previous = start
            while previous < time + reach {
                let next = previous + step
                let following = offset(next)
                if following != current {
                    var (before, after) = (previous, next)
                    while after - before > 1 {
                        let middle = before + (after - before) / 2
                        if offset(middle) == current { before = middle } else { after = middle }
                    }
                    spans.append(Span(range: start..<after, offset: current))
                    (start, current) = (after, following)
                }
                previous = next
            }
            spans.append(Span(range: start..<previous, offset: current))
            return spans
        }
    }
}
