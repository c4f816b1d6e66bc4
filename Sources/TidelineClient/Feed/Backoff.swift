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
        self.cap = cap.bounded(by: Self.shortest)
        self.factor = factor.isNaN ? 1 : min(max(1, factor), 100)
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
    package func delay(_ attempt: Int, chance: Double) -> Duration { ceiling(attempt) * Self.chance(chance) }

    /// How long to wait when the server has asked for `hold`. In full, within bounds; but one shorter than any delay of ours
    /// asks for nothing, and a crowd that took it at its word would never rest.
    package func delay(_ attempt: Int, hold: Duration, atMost limit: Duration, chance: Double) -> Duration {
        let hold = min(hold, limit)
        return hold < Self.shortest ? max(delay(attempt, chance: chance), Self.shortest) : hold
    }

    /// A draw, brought into [0, 1].
    static func chance(_ drawn: Double) -> Double { drawn.isFinite ? min(max(drawn, 0), 1) : 0 }
}
