import ServerSentEvents
import Testing

/// The end of a process: in order or not, nothing acknowledged is lost and every client goes on where it was.
@Suite(.serialized) struct StreamRestartTests {
    /// Posts ticks one by one until the server goes away.
    /// - Returns: the numbers that were acknowledged.
    private static func write(from first: Int, _ scene: StreamScene) async -> [Int] {
        let client = scene.client("bo")
        var acknowledged: [Int] = []
        for number in first... {
            // An error is how a writer learns that the server has gone.
            guard let reply = try? await client.post(scene.path, StreamScene.tick(number)), reply.status == 200 else {
                break
            }
            acknowledged.append(number)
        }
        return acknowledged
    }

    /// Runs three writers until `stop` has ended the server; no two rounds write the same numbers.
    private func acknowledged(
        _ scene: StreamScene, round: Int = 0, until stop: @Sendable @escaping () async throws -> Void
    ) async throws -> [Int] {
        try await withThrowingTaskGroup { group in
            for writer in 1...3 {
                group.addTask { await Self.write(from: round * 10_000_000 + writer * 1_000_000, scene) }
            }
            try await stop()
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Every acknowledged number is in the log, once, and the log has no hole.
    private func expectAll(_ acknowledged: [Int], in log: [TestJSON]) {
        let logged = log.compactMap { $0["eventData"]["n"].int }
        #expect(Set(logged).count == logged.count)
        #expect(Set(acknowledged).subtracting(logged).isEmpty)
        #expect(log.compactMap { $0["seq"].int } == Array(1...max(1, log.count)))
    }

    @Test func `a drained server says closing on every stream, and what it acknowledged is there afterwards`()
        async throws
    {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let streams = try await scene.streams(50, "ana", query: "stats=off")
        let start = ContinuousClock.now

        let acknowledged = try await acknowledged(scene) {
            try await streams[0].ticks(through: 1_000_020)
            scene.server.terminate()
            #expect(try await scene.server.waitExit() == 0)
        }

        #expect(start.duration(to: .now) < .seconds(35))
        for stream in streams {
            let closing = try await stream.closing()
            #expect(closing["reason"].string == "shutdown" && (closing["retryMs"].int ?? 0) >= 2_000)
        }
        let again = scene.on(try await scene.server.restart())
        let log = try await again.log()
        expectAll(acknowledged, in: log)
        // Each stream got the log from its opening on, without a gap, up to where it was closed; and goes on there.
        let whole = log.compactMap { $0["eventData"]["n"].int }
        for stream in streams { #expect(stream.ticks == Array(whole.prefix(stream.ticks.count))) }
        for stream in streams.prefix(5) {
            let rest = try await again.stream("ana", query: "stats=off", lastEventID: stream.lastEventID)
            _ = try await rest.next("connected")
            if stream.ticks.count < whole.count { try await rest.ticks(through: #require(whole.last)) }
            #expect(stream.ticks + rest.ticks == whole && !rest.events.contains { $0.type == "reset" })
        }
    }

    @Test func `a draining server refuses connections instead of answering 503`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(20, "ana")

        scene.server.terminate()
        _ = try await scene.server.logLine("draining")
        for stream in streams { #expect(try await stream.closing()["reason"].string == "shutdown") }
        #expect(try await scene.server.waitExit() == 0)

        await #expect(throws: ConnectionError.self) { _ = try await scene.server.connect() }
        #expect(scene.server.log.last?.contains(#""message":"stopped""#) == true)
    }

    @Test func `after kill -9 and a restart every client resumes exactly`() async throws {
        var scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        var seen = Array(repeating: [Int](), count: 10)
        var positions = Array(repeating: try await scene.head(), count: 10)
        var acknowledged: [Int] = []

        for round in 0..<3 {
            let now = scene
            var streams: [StreamReader] = []
            for index in seen.indices {
                streams.append(try await now.stream("ana", query: "stats=off", lastEventID: positions[index]))
            }
            for stream in streams { _ = try await stream.next("connected") }
            let first = streams[0]
            acknowledged += try await self.acknowledged(now, round: round) {
                for _ in 0..<30 { _ = try await first.next("event") }
                now.server.kill()
                try await now.server.waitExit()
            }
            for (index, stream) in streams.enumerated() {
                _ = try await stream.waitEnd()
                seen[index] += stream.logged.compactMap { $0.json["seq"].int }
                positions[index] = stream.lastEventID
            }
            scene = now.on(try await now.server.restart())
        }

        let log = try await scene.log()
        expectAll(acknowledged, in: log)
        let last = try #require(try await scene.postTicks(7...7).first)
        for index in seen.indices {
            let rest = try await scene.stream("ana", query: "stats=off", lastEventID: positions[index])
            _ = try await rest.next { $0.id == last }
            let all = seen[index] + rest.logged.compactMap { $0.json["seq"].int }
            #expect(all == Array((all.first ?? 0)...log.count + 1), "client \(index)")
            #expect(all.first == 5 && !rest.events.contains { $0.type == "reset" })
        }
    }
}
