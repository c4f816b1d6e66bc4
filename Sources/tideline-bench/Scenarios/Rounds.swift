/// Runs the subjects in turn.
enum Rounds {
    /// Measures each subject once per round, A B A B …, each time with a fresh server.
    static func interleave(
        _ title: String, _ parameters: [(name: String, value: String)], settings: Settings,
        _ measure: (Subject) throws(Failure) -> Measurement
    ) throws(Failure) -> Comparison {
        var comparison = Comparison(title, parameters)
        for round in 1...settings.rounds {
            for subject in settings.subjects {
                Output.progress("\(title): round \(round)/\(settings.rounds), \(subject.name)")
                do {
                    comparison.add(try measure(subject), of: subject.name)
                } catch {
                    throw Failure("\(title), \(subject.name): \(error)")
                }
            }
        }
        Output.result(comparison.table)
        return comparison
    }
}

extension Measurement {
    /// The latencies of `result`, in milliseconds.
    mutating func setLatencies(_ result: LoadResult) {
        set(.latencyMedian, Double(result.tally.latency.quantile(0.5)) / 1000)
        set(.latencyTail, Double(result.tally.latency.quantile(0.99)) / 1000)
        set(.latencyMaximum, Double(result.tally.latency.maximum) / 1000)
        set(.answerMedian, Double(result.answers.quantile(0.5)) / 1000)
    }
}
