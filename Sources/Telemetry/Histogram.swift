import Synchronization

/// How often a measured value fell into each of a fixed set of buckets, and their sum. Any thread; relaxed atomics, no lock.
///
/// A scrape that runs beside an observation may see its bucket and not yet its sum; it never sees a count that differs from
/// the buckets, because the count is their sum.
package final class Histogram: Sendable {
    /// Upper bounds for time spans, in seconds: 100 µs to 10 s.
    package static let seconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// The upper bounds, ascending and finite; a value equal to a bound belongs below it. The bucket above all is implied.
    package let bounds: [Double]
    /// One more than `bounds`. Classes, because an array cannot hold atomics.
    private let cells: [Counter]
    /// The bit pattern of the sum.
    private let sumBits = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        precondition(
            bounds.allSatisfy(\.isFinite) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 },
            "bucket bounds must be finite and ascending")
        self.bounds = bounds
        cells = (0...bounds.count).map { _ in Counter() }
    }

    /// Counts one value.
    package func observe(_ value: Double) {
        cells[bounds.firstIndex { value <= $0 } ?? bounds.count].increment()
        var seen = sumBits.load(ordering: .relaxed)
        while true {
            let wanted = (Double(bitPattern: seen) + value).bitPattern
            let outcome = sumBits.weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
            if outcome.exchanged { return }
            seen = outcome.original
        }
    }

    /// Counts a time span, in seconds.
    package func observe(_ duration: Duration) {
        observe(duration / .seconds(1))
    }

    /// How many values are at or below each bound, ascending; the last one counts all.
    package var cumulativeCounts: [Int] {
        var running = 0
        return cells.map { cell in
            running += cell.value
            return running
        }
    }

    /// The sum of all values.
    package var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }
}
