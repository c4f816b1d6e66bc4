/// `idle`: what a stream costs that receives nothing but heartbeats (and, with `--stats on`, statistics).
///
/// Memory is the difference between the server with and without the streams, divided by their number. A few streams come
/// and go first, so that pools and tables made once are not charged to the streams.
enum Idle {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let settings = try Settings(&arguments, rounds: 1)
        let streams = try arguments.integer("streams", default: 10_000)
        let window = try arguments.number("window", default: 20)
        let modes = arguments.text("stats", default: "both")
        try arguments.finish()
        guard streams <= Limits.maximumStreams else {
            throw Failure("--streams may be \(Limits.maximumStreams) at most")
        }
        guard ["on", "off", "both"].contains(modes) else { throw Failure("--stats is `on`, `off` or `both`") }
        var comparisons: [Comparison] = []
        for stats in [false, true] where modes == "both" || modes == (stats ? "on" : "off") {
            let parameters = [
                ("scenario", "idle"), ("streams", "\(streams)"), ("window", "\(window)"),
                ("stats", stats ? "on" : "off"),
            ].map { (name: $0.0, value: $0.1) }
            let title =
                "Idle, \(Decimal.text(Double(streams), 0)) streams, stats \(stats ? "on" : "off"), \(Decimal.text(window, 0)) s"
            comparisons.append(
                try Rounds.interleave(title, parameters, settings: settings) { subject throws(Failure) in
                    try measure(subject, streams: streams, window: window, stats: stats, settings: settings)
                })
        }
        try settings.report(comparisons)
    }

    private static func measure(
        _ subject: Subject, streams: Int, window: Double, stats: Bool, settings: Settings
    ) throws(Failure) -> Measurement {
        let server = try RunningServer(subject, settings: settings)
        defer { server.abandon() }
        let request = server.streamRequest(workspace: "bench", stats: stats)
        try warmUp(server, request)
        let load = try LoadGenerator(port: server.port)
        defer { load.close() }
        let before = try ServerUsage(of: server.process)
        _ = try load.follow(count: streams, requests: [request])
        try load.observe(seconds: 2)
        let settled = try ServerUsage(of: server.process)
        try load.observe(seconds: window)
        let after = try ServerUsage(of: server.process)
        let tally = load.tally
        // Each of them must be alive: one event reaches all.
        try load.runOnce(PostTemplate(workspace: 0, name: "bench", token: server.token))

        let count = Double(streams)
        let cpu = after.cpuSeconds - settled.cpuSeconds
        let received = tally.pings + tally.stats + tally.comments
        var measurement = Measurement()
        measurement.set(.proportionalPerStream, Double(settled.proportionalBytes - before.proportionalBytes) / count)
        measurement.set(.residentPerStream, Double(settled.residentBytes - before.residentBytes) / count)
        measurement.set(.kernelPerStream, Double(settled.kernelBytes - before.kernelBytes) / count)
        measurement.set(.residentMemory, Double(settled.residentBytes) / 1_048_576)
        measurement.set(.cpuShare, cpu * 100 / window)
        measurement.set(.heartbeats, Double(tally.pings + tally.comments))
        measurement.set(.statistics, Double(tally.stats))
        if received > 0 { measurement.set(.cpuPerDelivery, cpu * 1_000_000 / Double(received)) }
        load.close()
        try server.stop()
        return measurement
    }

    private static func warmUp(_ server: RunningServer, _ request: [UInt8]) throws(Failure) {
        let load = try LoadGenerator(port: server.port)
        try load.runOnce(PostTemplate(workspace: 0, name: "bench", token: server.token))
        _ = try load.follow(count: 100, requests: [request])
        try load.runOnce(PostTemplate(workspace: 0, name: "bench", token: server.token))
        load.close()
        Monotonic.sleep(seconds: 0.2)
    }
}
