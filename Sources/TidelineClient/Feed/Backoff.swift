/// Exponential delays with full jitter: uniform between zero and a ceiling that grows with each attempt, so that a crowd
/// that lost its server together does not come back together.
package struct Backoff: Sendable {
    /// The ceiling of the first delay; a server's `retry:` replaces it. Kept within `bounds`.
    package var base: Duration {
        didSet { base = min(max(base, Self.shortest), cap) }
    }
    private let factor: Double
    private let cap: Duration

    /// No base is shorter, whatever a server says: with it, delays could be none at all.
    static let shortest = Duration.milliseconds(100)

    package init(base: Duration, factor: Double, cap: Duration) {
        self.cap = max(cap, Self.shortest)
        self.factor = max(1, factor)
        self.base = min(max(base, Self.shortest), self.cap)
    }

    /// The longest delay before attempt `attempt`, which counts from 1.
    package func ceiling(_ attempt: Int) -> Duration {
        var ceiling = base
        var step = 1
        while step < min(attempt, 64), ceiling < cap {
            ceiling = ceiling * factor
            step += 1
        }
        return min(ceiling, cap)
    }

    /// - Parameter chance: drawn from [0, 1).
    package func delay(_ attempt: Int, chance: Double) -> Duration { ceiling(attempt) * min(max(chance, 0), 1) }
}
