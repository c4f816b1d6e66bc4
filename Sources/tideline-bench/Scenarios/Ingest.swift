/// `ingest`: how fast events become durable, in batches and one by one, beside a bare table in the same SQLite.
enum Ingest {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let settings = try Settings(&arguments)
        let batch = try arguments.integer("batch", default: 100)
        let writers = try arguments.integer("writers", default: 8)
        let connections = try arguments.integer("connections", default: 64)
        let seconds = try arguments.number("seconds", default: 4)
        try arguments.finish()
        let subject = settings.subjects[0]
        let comparisons = [
            try batches(subject, batch: batch, writers: writers, seconds: seconds, settings: settings),
            try singles(connections: connections, seconds: seconds, settings: settings),
        ]
        try settings.report(comparisons)
    }

    /// Batches of Tideline against rows of the bare table; left out in a self-test, the floor server takes no batches.
    private static func batches(
        _ subject: Subject, batch: Int, writers: Int, seconds: Double, settings: Settings
    ) throws(Failure) -> Comparison {
        let title = "Ingest, batches of \(batch), \(writers) writers"
        var comparison = Comparison(
            title,
            [("scenario", "ingest"), ("batch", "\(batch)"), ("writers", "\(writers)"), ("seconds", "\(seconds)")])
        for round in 1...settings.rounds {
            if case .tideline = subject {
                Output.progress("\(title): round \(round)/\(settings.rounds), \(subject.name)")
                comparison.add(
                    try measure(subject, batch: batch, connections: writers, seconds: seconds, settings: settings),
                    of: subject.name)
            }
            Output.progress("\(title): round \(round)/\(settings.rounds), bare table")
            comparison.add(try bareTable(seconds: seconds, settings: settings), of: "bare table")
        }
        Output.result(comparison.table)
        return comparison
    }

    private static func singles(connections: Int, seconds: Double, settings: Settings) throws(Failure) -> Comparison {
        let parameters = [("scenario", "ingest"), ("connections", "\(connections)"), ("seconds", "\(seconds)")]
            .map { (name: $0.0, value: $0.1) }
        let title = "Ingest, one event a POST, \(connections) connections"
        return try Rounds.interleave(title, parameters, settings: settings) { subject throws(Failure) in
            try measure(subject, batch: nil, connections: connections, seconds: seconds, settings: settings)
        }
    }

    private static func measure(
        _ subject: Subject, batch: Int?, connections: Int, seconds: Double, settings: Settings
    ) throws(Failure) -> Measurement {
        let server = try RunningServer(subject, settings: settings)
        defer { server.abandon() }
        let load = try LoadGenerator(port: server.port)
        defer { load.close() }
        let template = PostTemplate(
            workspace: 0, name: "bench", token: server.token, size: settings.eventSize, batch: batch)
        try load.runOnce(template)
        let plan = { (seconds: Double) in
            PublishPlan(pacing: .closed, connections: connections, templates: [template], seconds: seconds)
        }
        _ = try load.run(plan(0.3))
        let before = try ServerUsage(of: server.process)
        let result = try load.run(plan(seconds))
        let after = try ServerUsage(of: server.process)
        let cpu = after.cpuSeconds - before.cpuSeconds
        var measurement = Measurement()
        measurement.set(.eventsPerSecond, result.eventsPerSecond)
        measurement.set(.cpuPerEvent, cpu * 1_000_000 / Double(max(1, result.events)))
        measurement.set(.answerMedian, Double(result.answers.quantile(0.5)) / 1000)
        measurement.set(.answerTail, Double(result.answers.quantile(0.99)) / 1000)
        measurement.set(.residentMemory, Double(after.residentBytes) / 1_048_576)
        load.close()
        try server.stop()
        return measurement
    }

    private static func bareTable(seconds: Double, settings: Settings) throws(Failure) -> Measurement {
        let directory = try Files.makeTemporaryDirectory(in: settings.directory)
        let process = try Subprocess(
            [
                Files.ownPath, "floor", "--table", directory + "/bare.db", "--seconds", "\(seconds)", "--size",
                "\(settings.eventSize)",
            ],
            cpu: settings.processors.server, output: directory + "/output", errors: directory + "/errors")
        let status = process.waitForEnd()
        let output = Files.text(directory + "/output") ?? ""
        let errors = Files.text(directory + "/errors") ?? ""
        try Subprocess.run(["rm", "-rf", directory])
        guard status == 0, let rows = Double(output.prefix { $0 != "\n" }) else {
            throw Failure("bare table: \(errors)")
        }
        var measurement = Measurement()
        measurement.set(.eventsPerSecond, rows)
        return measurement
    }
}
