/// The waits between attempts to reach a server: exponential with full jitter, so that many who lost it together do not
/// come back together.
struct Backoff {
    private static let first = Duration.milliseconds(200)
    private static let longest = Duration.seconds(5)
    /// Never at once: the first attempt has just failed.
    private static let shortest = Duration.milliseconds(20)

    private var ceiling = first

    mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let wait = ceiling * Double.random(in: 0...1, using: &random)
        ceiling = min(ceiling * 2, Self.longest)
        return max(wait, Self.shortest)
    }

    /// The server was reached.
    mutating func reset() { ceiling = Self.first }
}
