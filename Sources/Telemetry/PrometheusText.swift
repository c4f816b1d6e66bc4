/// Writes metric families in the Prometheus text exposition format 0.0.4.
///
/// ```
/// # HELP tideline_requests_total Requests answered.
/// # TYPE tideline_requests_total counter
/// tideline_requests_total{method="GET"} 12
/// ```
/// In help texts `\` and LF are escaped, in label values also `"`.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ family: MetricFamily) {
        append("# HELP \(family.name) \(Self.escape(family.help, quotes: false))\n")
        append("# TYPE \(family.name) \(family.kind.rawValue)\n")
        for (labels, instrument) in family.ordered {
            switch instrument {
            case .counter(let counter): appendSample(family.name, labels, String(counter.value))
            case .gauge(let gauge): appendSample(family.name, labels, String(gauge.value))
            case .reading(let read): appendSample(family.name, labels, Self.number(read()))
            case .histogram(let histogram): append(histogram, named: family.name, labels)
            }
        }
    }

    private mutating func append(_ histogram: Histogram, named name: String, _ labels: [MetricFamily.Label]) {
        let counts = histogram.cumulativeCounts
        for (bound, count) in zip(histogram.bounds + [.infinity], counts) {
            let bucket = labels + [MetricFamily.Label(name: "le", value: Self.number(bound))]
            appendSample(name + "_bucket", bucket, String(count))
        }
        appendSample(name + "_sum", labels, Self.number(histogram.sum))
        appendSample(name + "_count", labels, String(counts.last ?? 0))
    }

    private mutating func appendSample(_ name: String, _ labels: [MetricFamily.Label], _ value: String) {
        append(name)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }
            append("{\(pairs.joined(separator: ","))}")
        }
        append(" \(value)\n")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// A float as Prometheus reads it; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += #"\\"#
            case "\n": escaped += #"\n"#
            case "\"" where quotes: escaped += #"\""#
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isMetricName(_ name: String) -> Bool {
        isName(name) { $0 == UInt8(ascii: ":") }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, without those that begin with two underscores, and without `le`, which is ours.
    static func isLabelName(_ name: String) -> Bool {
        !name.hasPrefix("__") && name != "le" && isName(name) { _ in false }
    }

    private static func isName(_ name: String, also isExtra: (UInt8) -> Bool) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: isExtra(byte)
            }
        }
    }
}
