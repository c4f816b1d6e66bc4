/// All series of one metric name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case reading(@Sendable () -> Double)
        case histogram(Histogram)
    }

    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    let name: String
    let help: String
    let kind: Kind
    private(set) var series: [[Label]: Instrument] = [:]

    init(name: String, help: String, kind: Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    /// The instrument of one combination of labels, made when it is new; past the bound, that of `other`.
    mutating func instrument(for labels: [Label], replacing: Bool, make: () -> Instrument) -> Instrument {
        var key = labels.sorted { $0.name < $1.name }
        if series[key] == nil && series.count >= MetricsRegistry.maximumSeries {
            key = key.map { Label(name: $0.name, value: "other") }
        }
        if let existing = series[key], !replacing { return existing }
        let instrument = make()
        series[key] = instrument
        return instrument
    }

    /// The series in the order of their label values.
    var ordered: [(labels: [Label], instrument: Instrument)] {
        series.map { (labels: $0.key, instrument: $0.value) }.sorted { left, right in
            left.labels.lexicographicallyPrecedes(right.labels) { ($0.name, $0.value) < ($1.name, $1.value) }
        }
    }
}
