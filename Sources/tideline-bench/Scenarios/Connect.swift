/// `connect`: a storm of connections, counted when each stream has received its `connected` event.
enum Connect {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let settings = try Settings(&arguments)
        let streams = try arguments.integer("streams", default: 10_000)
        let outstanding = try arguments.integer("outstanding", default: 256)
        try arguments.finish()
        guard streams <= Limits.maximumStreams else {
            throw Failure("--streams may be \(Limits.maximumStreams) at most")
        }
        let parameters = [
            ("scenario", "connect"), ("streams", "\(streams)"), ("outstanding", "\(outstanding)"),
        ].map { (name: $0.0, value: $0.1) }
        let title = "Connect storm, \(Decimal.text(Double(streams), 0)) streams"
        let comparison = try Rounds.interleave(title, parameters, settings: settings) { subject throws(Failure) in
            try measure(subject, streams: streams, outstanding: outstanding, settings: settings)
        }
        try settings.report([comparison])
    }

    private static func measure(
        _ subject: Subject, streams: Int, outstanding: Int, settings: Settings
    ) throws(Failure) -> Measurement {
        let server = try RunningServer(subject, settings: settings)
        defer { server.abandon() }
        let load = try LoadGenerator(port: server.port)
        defer { load.close() }
        try load.runOnce(PostTemplate(workspace: 0, name: "bench", token: server.token))
        let before = try ServerUsage(of: server.process)
        let seconds = try load.follow(
            count: streams, requests: [server.streamRequest(workspace: "bench")], outstanding: outstanding)
        let after = try ServerUsage(of: server.process)
        // Each of them must be alive: one event reaches all.
        try load.runOnce(PostTemplate(workspace: 0, name: "bench", token: server.token))
        var measurement = Measurement()
        measurement.set(.connectsPerSecond, Double(streams) / seconds)
        measurement.set(.cpuPerConnect, (after.cpuSeconds - before.cpuSeconds) * 1_000_000 / Double(streams))
        load.close()
        try server.stop()
        return measurement
    }
}
