import Events

/// How many live messages each of the latest minutes has; as far back as the longest local day reaches.
struct MessageMinutes: Sendable {
    /// More than the 25 hours of the longest day.
    static let reach: Milliseconds = 26 * 3_600_000

    /// The count of each minute since 1970 that has one.
    private(set) var counts: [Int64: Int] = [:]
    /// Minutes before this one are gone.
    private var first = Int64.min

    static func minute(of time: Milliseconds) -> Int64 { time.floorDivided(by: 60_000) }

    /// Adds a message of `time`, or with `change` −1 takes one away; a minute that is gone stays gone.
    mutating func add(_ change: Int, at time: Milliseconds) {
        let minute = Self.minute(of: time)
        guard minute >= first else { return }
        let count = counts[minute, default: 0] + change
        counts[minute] = count > 0 ? count : nil
    }

    func sum(_ minutes: ClosedRange<Int64>) -> Int {
        if minutes.count < counts.count { return minutes.reduce(0) { $0 + (counts[$1] ?? 0) } }
        return counts.reduce(0) { minutes.contains($1.key) ? $0 + $1.value : $0 }
    }

    mutating func evict(before time: Milliseconds) {
        let next = Self.minute(of: time)
        guard next > first else { return }
        if first != .min, next - first < counts.count {
            for minute in first..<next { counts[minute] = nil }
        } else {
            counts = counts.filter { $0.key >= next }
        }
        first = next
    }
}
