/// One figure of a measurement: its key in JSON, its column in the table.
struct Metric: Hashable {
    let key: String
    let title: String
    let decimals: Int

    static let deliveriesPerSecond = Metric(key: "deliveriesPerSecond", title: "deliveries/s", decimals: 0)
    static let eventsPerSecond = Metric(key: "eventsPerSecond", title: "events/s", decimals: 0)
    static let cpuPerDelivery = Metric(key: "cpuMicrosecondsPerDelivery", title: "CPU µs/delivery", decimals: 2)
    static let cpuPerEvent = Metric(key: "cpuMicrosecondsPerEvent", title: "CPU µs/event", decimals: 1)
    static let cpuShare = Metric(key: "cpuPercent", title: "CPU %", decimals: 1)
    static let latencyMedian = Metric(key: "latencyP50Milliseconds", title: "p50 ms", decimals: 2)
    static let latencyTail = Metric(key: "latencyP99Milliseconds", title: "p99 ms", decimals: 2)
    static let latencyMaximum = Metric(key: "latencyMaximumMilliseconds", title: "max ms", decimals: 1)
    static let answerMedian = Metric(key: "answerP50Milliseconds", title: "answer p50 ms", decimals: 2)
    static let answerTail = Metric(key: "answerP99Milliseconds", title: "answer p99 ms", decimals: 2)
    static let residentMemory = Metric(key: "residentMiB", title: "RSS MiB", decimals: 1)
    static let kernelMemory = Metric(key: "kernelSocketMiB", title: "kernel MiB", decimals: 1)
    static let residentPerStream = Metric(key: "residentBytesPerStream", title: "RSS B/stream", decimals: 0)
    static let proportionalPerStream = Metric(key: "proportionalBytesPerStream", title: "PSS B/stream", decimals: 0)
    static let kernelPerStream = Metric(key: "kernelBytesPerStream", title: "kernel B/stream", decimals: 0)
    static let heartbeats = Metric(key: "pings", title: "pings", decimals: 0)
    static let statistics = Metric(key: "stats", title: "stats", decimals: 0)
    static let connectsPerSecond = Metric(key: "connectsPerSecond", title: "connects/s", decimals: 0)
    static let cpuPerConnect = Metric(key: "cpuMicrosecondsPerConnect", title: "CPU µs/connect", decimals: 1)
}

/// The figures of one round of one subject, in the order of the columns.
struct Measurement {
    private(set) var values: [(metric: Metric, value: Double)] = []

    mutating func set(_ metric: Metric, _ value: Double) { values.append((metric, value)) }

    subscript(metric: Metric) -> Double? { values.first { $0.metric == metric }?.value }

    /// Figure by figure the median of `rounds`.
    static func median(of rounds: [Measurement]) -> Measurement {
        var result = Measurement()
        for (metric, _) in rounds.first?.values ?? [] {
            let sorted = rounds.compactMap { $0[metric] }.sorted()
            let middle = sorted.count / 2
            result.set(metric, sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2)
        }
        return result
    }
}
