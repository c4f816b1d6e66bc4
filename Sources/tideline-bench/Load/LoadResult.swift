/// What one measured stretch of load has shown.
struct LoadResult {
    /// From the first POST to the last delivery (or answer, when nobody follows).
    let seconds: Double
    /// Events acknowledged.
    let events: Int
    let tally: Tally
    /// Socket buffers of the whole machine when the last POST had been made.
    let kernelBytes: Int
    /// POST to answer.
    let answers: LatencyHistogram

    var deliveriesPerSecond: Double { Double(tally.deliveries) / seconds }
    var eventsPerSecond: Double { Double(events) / seconds }
}
