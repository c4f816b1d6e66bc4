/// Who posts what, and how fast.
struct PublishPlan {
    enum Pacing {
        /// Each connection posts again as soon as its answer has come: as many POSTs outstanding as connections.
        case closed
        /// So many POSTs a second, whatever the answers do; latency counts from when each was due.
        case rate(Double)
        /// A single POST.
        case once
    }

    let pacing: Pacing
    let connections: Int
    /// One is chosen at random for each POST.
    let templates: [PostTemplate]
    let seconds: Double
}

/// A small deterministic random source (xorshift), so that a run can be repeated.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next(below bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }
}
