import Synchronization

/// All metrics of the process, and their Prometheus text.
///
/// Instruments are made once, when a part is set up, and kept by that part; asking again for the same name and labels gives
/// the same instrument. Labels must come from a small fixed set (route pattern, loop number), never from a client; as a last
/// bound each name has at most ``maximumSeries`` series, and what comes after shares one whose label values are all `other`.
/// Any thread may call; scraping takes the lock only to copy the list.
package final class MetricsRegistry: Sendable {
    /// The most label combinations of one name.
    package static let maximumSeries = 256

    private let families = Mutex<[String: MetricFamily]>([:])

    package init() {}

    /// A counter. `_total` is appended to a name that lacks it, as Prometheus expects of counters.
    package func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        let fullName = name.hasSuffix("_total") ? name : name + "_total"
        let instrument = register(fullName, help: help, kind: .counter, labels: labels) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { preconditionFailure("\(fullName) is not a counter") }
        return counter
    }

    /// A gauge that its owner sets.
    package func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let instrument = register(name, help: help, kind: .gauge, labels: labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { preconditionFailure("\(name) is not a set gauge") }
        return gauge
    }

    /// A gauge read when it is scraped.
    /// - Parameter read: called on the scraping thread; brief, and must not call the registry. A second one replaces the first.
    package func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        _ = register(name, help: help, kind: .gauge, labels: labels, replacing: true) { .reading(read) }
    }

    /// A histogram with the given upper bounds, ascending; seconds unless the name says another unit.
    package func histogram(
        _ name: String, help: String, buckets: [Double] = Histogram.seconds, labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        let instrument = register(name, help: help, kind: .histogram, labels: labels) {
            .histogram(Histogram(bounds: buckets))
        }
        guard case .histogram(let histogram) = instrument else { preconditionFailure("\(name) is not a histogram") }
        return histogram
    }

    /// The text exposition format 0.0.4 (`text/plain; version=0.0.4`), names and labels in a stable order.
    package func prometheusText() -> [UInt8] {
        var text = PrometheusText()
        for family in families.withLock({ Array($0.values) }).sorted(by: { $0.name < $1.name }) {
            text.append(family)
        }
        return text.bytes
    }

    private func register(
        _ name: String, help: String, kind: MetricFamily.Kind, labels: KeyValuePairs<String, String>,
        replacing: Bool = false, make: () -> MetricFamily.Instrument
    ) -> MetricFamily.Instrument {
        precondition(PrometheusText.isMetricName(name), "\(name) is not a metric name")
        precondition(
            labels.allSatisfy { PrometheusText.isLabelName($0.key) }, "\(name) has a label that is no label name")
        return families.withLock { families in
            var family = families[name] ?? MetricFamily(name: name, help: help, kind: kind)
            precondition(family.kind == kind, "\(name) is registered as another kind of metric")
            let instrument = family.instrument(
                for: labels.map { MetricFamily.Label(name: $0.key, value: $0.value) }, replacing: replacing, make: make)
            families[name] = family
            return instrument
        }
    }
}
