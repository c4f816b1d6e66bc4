/// `fanout`: one workspace, one event to many streams, over a curve of stream counts.
enum Fanout {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let settings = try Settings(&arguments)
        let curve = try arguments.integers("streams", default: [1, 10, 100, 1_000, 10_000])
        let mode = arguments.text("mode", default: "closed")
        let pacing = try pacing(mode)
        let seconds = try arguments.number("seconds", default: 5)
        let connections = try arguments.integer("connections", default: 64)
        try arguments.finish()
        guard curve.allSatisfy({ $0 <= Limits.maximumStreams }) else {
            throw Failure("--streams may be \(Limits.maximumStreams) at most")
        }
        var comparisons: [Comparison] = []
        for streams in curve {
            let parameters = [
                ("scenario", "fanout"), ("streams", "\(streams)"), ("mode", mode), ("seconds", "\(seconds)"),
                ("connections", "\(connections)"), ("eventSize", "\(settings.eventSize)"),
            ].map { (name: $0.0, value: $0.1) }
            let title = "Fan-out, \(Decimal.text(Double(streams), 0)) streams, \(mode)"
            comparisons.append(
                try Rounds.interleave(title, parameters, settings: settings) { subject throws(Failure) in
                    try FanoutLoad(
                        subject: subject, settings: settings, workspaces: 1, streamsEach: streams, pacing: pacing,
                        seconds: seconds, connections: connections
                    ).measure()
                })
        }
        try settings.report(comparisons)
    }

    /// `closed`, or `rate=<POSTs a second>`.
    static func pacing(_ mode: String) throws(Failure) -> PublishPlan.Pacing {
        if mode == "closed" { return .closed }
        guard mode.hasPrefix("rate="), let rate = Double(mode.dropFirst(5)), rate > 0 else {
            throw Failure("--mode is `closed` or `rate=<POSTs a second>`")
        }
        return .rate(rate)
    }
}
