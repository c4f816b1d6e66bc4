/// Counts of latencies in buckets that are exact below 64 µs and at most 3 % wide above.
///
/// A value `v` of `b` significant bits falls into the bucket of its top six bits, so 32 buckets serve each power of two
/// and recording is a shift and an increment, cheap enough for every delivery.
struct LatencyHistogram {
    private var buckets = [UInt32](repeating: 0, count: 64 + 32 * 40)
    private(set) var count = 0
    /// The greatest value recorded, in microseconds.
    private(set) var maximum = 0

    mutating func record(nanoseconds: Int64) {
        let value = Int(max(0, nanoseconds) / 1000)
        buckets[LatencyHistogram.bucket(of: value)] &+= 1
        count += 1
        if value > maximum { maximum = value }
    }

    /// The value below which `share` (0…1) of the records lie, in microseconds; 0 without records.
    func quantile(_ share: Double) -> Int {
        guard count > 0 else { return 0 }
        let rank = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (index, tally) in buckets.enumerated() where tally > 0 {
            seen += Int(tally)
            if seen >= rank { return min(maximum, LatencyHistogram.upperBound(of: index)) }
        }
        return maximum
    }

    mutating func merge(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    private static func bucket(of value: Int) -> Int {
        guard value >= 64 else { return value }
        let shift = Int.bitWidth - value.leadingZeroBitCount - 6
        return min(64 + shift * 32 + (value >> shift) - 64, 64 + 32 * 40 - 1)
    }

    private static func upperBound(of bucket: Int) -> Int {
        guard bucket >= 64 else { return bucket }
        let shift = (bucket - 64) / 32 + 1
        let top = (bucket - 64) % 32 + 32
        return ((top + 1) << shift) - 1
    }
}
