/// What all followed streams have received since the measurement began.
struct Tally {
    /// Log events, each counted once per stream that received it.
    var deliveries = 0
    var pings = 0
    var stats = 0
    var comments = 0
    /// Publish to receive, one record per delivery of an event that carries its time.
    var latency = LatencyHistogram()
    /// When the last log event came, on the monotonic clock.
    var lastDelivery: Int64 = 0
    /// How far before the end of its line the last publish time was found: the next one is most likely there too.
    var timeDistance = 0

    /// Starts counting anew.
    mutating func reset() {
        let distance = timeDistance
        self = Tally()
        timeDistance = distance
    }
}
