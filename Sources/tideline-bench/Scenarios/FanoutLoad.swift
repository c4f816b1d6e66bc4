/// One measured fan-out: some workspaces with streams, load, and what it cost; `fanout` and `workspaces` share it.
struct FanoutLoad {
    let subject: Subject
    let settings: Settings
    let workspaces: Int
    let streamsEach: Int
    let pacing: PublishPlan.Pacing
    let seconds: Double
    let connections: Int

    func measure() throws(Failure) -> Measurement {
        let server = try RunningServer(subject, settings: settings)
        defer { server.abandon() }
        let names = (1...workspaces).map { "bench-\($0)" }
        let load = try LoadGenerator(port: server.port, workspaces: workspaces)
        defer { load.close() }
        let templates = names.enumerated().map { index, name in
            PostTemplate(workspace: index, name: name, token: server.token, size: settings.eventSize)
        }
        // The first use of a workspace creates it: one POST each before streams are counted.
        for template in templates { try load.runOnce(template) }
        _ = try load.follow(
            count: workspaces * streamsEach, requests: names.map { server.streamRequest(workspace: $0) })
        _ = try load.run(plan(templates, seconds: 0.3))
        let before = try ServerUsage(of: server.process)
        let result = try load.run(plan(templates, seconds: seconds))
        let after = try ServerUsage(of: server.process)
        try verify(result)
        let measurement = describe(result, before, after)
        load.close()
        try server.stop()
        return measurement
    }

    private func plan(_ templates: [PostTemplate], seconds: Double) -> PublishPlan {
        PublishPlan(pacing: pacing, connections: connections, templates: templates, seconds: seconds)
    }

    private func verify(_ result: LoadResult) throws(Failure) {
        let expected = result.events * streamsEach
        guard result.tally.deliveries == expected else {
            throw Failure("\(result.tally.deliveries) deliveries instead of \(expected)")
        }
    }

    private func describe(_ result: LoadResult, _ before: ServerUsage, _ after: ServerUsage) -> Measurement {
        let cpu = after.cpuSeconds - before.cpuSeconds
        var measurement = Measurement()
        measurement.set(.deliveriesPerSecond, result.deliveriesPerSecond)
        measurement.set(.eventsPerSecond, result.eventsPerSecond)
        measurement.set(.cpuPerDelivery, cpu * 1_000_000 / Double(max(1, result.tally.deliveries)))
        measurement.set(.cpuShare, cpu * 100 / result.seconds)
        measurement.setLatencies(result)
        measurement.set(.residentMemory, Double(after.residentBytes) / 1_048_576)
        measurement.set(.kernelMemory, Double(result.kernelBytes) / 1_048_576)
        return measurement
    }
}
