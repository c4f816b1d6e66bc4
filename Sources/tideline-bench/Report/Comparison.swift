/// Subjects measured in turn (A B A B …) in one run, and what came out; the only claim that is worth making on a machine
/// whose absolute figures wander is the ratio of the medians.
struct Comparison {
    let title: String
    /// The command line options that make this figure again.
    let parameters: [(name: String, value: String)]
    private(set) var subjects: [String] = []
    private var rounds: [[Measurement]] = []

    init(_ title: String, _ parameters: [(name: String, value: String)]) {
        self.title = title
        self.parameters = parameters
    }

    mutating func add(_ measurement: Measurement, of subject: String) {
        if let index = subjects.firstIndex(of: subject) {
            rounds[index].append(measurement)
        } else {
            subjects.append(subject)
            rounds.append([measurement])
        }
    }

    /// A Markdown table: one row of medians per subject, then the first subject divided by each other.
    var table: String {
        let medians = rounds.map(Measurement.median)
        var metrics: [Metric] = []
        for median in medians {
            for (metric, _) in median.values where !metrics.contains(metric) { metrics.append(metric) }
        }
        var rows = [[""] + metrics.map(\.title)]
        for (subject, median) in zip(subjects, medians) {
            rows.append(
                [subject] + metrics.map { metric in median[metric].map { Decimal.text($0, metric.decimals) } ?? "–" })
        }
        for (subject, median) in zip(subjects, medians).dropFirst() {
            rows.append(["÷ \(subject)"] + metrics.map { ratio(medians[0][$0], median[$0]) })
        }
        let count = rounds.map(\.count).max() ?? 0
        return "\n### \(title) (median of \(count))\n\n" + TextTable.markdown(rows)
    }

    private func ratio(_ first: Double?, _ second: Double?) -> String {
        guard let first, let second, second > 0 else { return "–" }
        return Decimal.text(first / second, 2)
    }

    var json: JSONText {
        .object([
            ("title", .string(title)),
            ("parameters", .object(parameters.map { ($0.name, .string($0.value)) })),
            (
                "subjects",
                .object(
                    zip(subjects, rounds).map { subject, rounds in
                        (
                            subject,
                            .object([
                                ("median", Comparison.json(.median(of: rounds))),
                                ("rounds", .array(rounds.map(Comparison.json))),
                            ])
                        )
                    })
            ),
        ])
    }

    private static func json(_ measurement: Measurement) -> JSONText {
        .object(measurement.values.map { ($0.metric.key, .number($0.value)) })
    }
}
