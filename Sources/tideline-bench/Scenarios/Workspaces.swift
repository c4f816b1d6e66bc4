/// `workspaces`: many workspaces with a few streams each, each POST to one of them at random.
enum Workspaces {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let settings = try Settings(&arguments)
        let count = try arguments.integer("count", default: 1_000)
        let streamsEach = try arguments.integer("streams-each", default: 10)
        let mode = arguments.text("mode", default: "closed")
        let pacing = try Fanout.pacing(mode)
        let seconds = try arguments.number("seconds", default: 5)
        let connections = try arguments.integer("connections", default: 64)
        try arguments.finish()
        guard count * streamsEach <= Limits.maximumStreams else {
            throw Failure("\(count) × \(streamsEach) streams are more than \(Limits.maximumStreams)")
        }
        let parameters = [
            ("scenario", "workspaces"), ("count", "\(count)"), ("streamsEach", "\(streamsEach)"), ("mode", mode),
            ("seconds", "\(seconds)"), ("connections", "\(connections)"),
        ].map { (name: $0.0, value: $0.1) }
        let title = "\(Decimal.text(Double(count), 0)) workspaces × \(streamsEach) streams, \(mode)"
        let comparison = try Rounds.interleave(title, parameters, settings: settings) { subject throws(Failure) in
            try FanoutLoad(
                subject: subject, settings: settings, workspaces: count, streamsEach: streamsEach, pacing: pacing,
                seconds: seconds, connections: connections
            ).measure()
        }
        try settings.report([comparison])
    }
}
