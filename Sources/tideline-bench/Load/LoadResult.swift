/// What one measured stretch of load has shown.
struct LoadResult {
    /// From the first POST to the last delivery (or answer, when nobody follows).
    let seconds: Double
    /// Events acknowledged.
    let events: Int
    let tally: Tally
    /// POST to answer.
    let answers: LatencyHistogram

    var deliveriesPerSecond: Double { Double(tally.deliveries) / seconds }
    var eventsPerSecond: Double { Double(events) / seconds }
}
