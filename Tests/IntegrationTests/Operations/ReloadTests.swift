import Glibc
import ServerSentEvents
import Testing

/// SIGHUP under open streams: what can change does, what is wrong changes nothing, and no stream notices.
@Suite(.serialized) struct ReloadTests {
    /// A scene whose server reads `file`, and that file.
    private func start(
        _ file: String, _ environment: [String: String] = [:], people: [String] = ["ana", "bo"]
    ) async throws -> (scene: StreamScene, directory: TemporaryDirectory) {
        let directory = try TemporaryDirectory("config")
        let path = try directory.write(file, to: "tideline.json5")
        let server = try await ServerProcess.start(environment, arguments: ["--config", path])
        let scene = StreamScene(server: server, workspace: "harbor")
        try await scene.join([StreamScene.admin] + people)
        return (scene, directory)
    }

    /// Writes `file`, sends SIGHUP and waits for the line that says so.
    private func reload(
        _ scene: StreamScene, _ directory: TemporaryDirectory, _ file: String, changed: String
    ) async throws {
        try directory.write(file, to: "tideline.json5")
        scene.server.send(signal: SIGHUP)
        _ = try await scene.server.logLine {
            $0["message"] == "configuration reloaded" && $0["changed"].string == changed
        }
    }

    @Test func `what can change takes effect, and no stream is dropped`() async throws {
        let (scene, directory) = try await start("{}")
        let streams = try await scene.streams(3, "ana") + scene.streams(3, "bo", query: "stats=off")
        let client = scene.client(StreamScene.admin)
        let large: TestJSON = [
            "eventType": "test.big", "eventData": ["x": .string(String(repeating: "x", count: 70_000))],
        ]
        #expect(try await client.post(scene.path, large).status == 413)
        #expect(try await client.get("/metrics").status == 200)

        try await reload(
            scene, directory,
            """
            { server: { allowedHosts: ["tideline.test"] }, streams: { quietHeartbeat: "1s", statsInterval: "500ms" },
              limits: { bodyBytes: "128KiB", jsonDepth: 8 }, events: { unknownTypes: "reject" },
              log: { level: "debug" }, metrics: { token: "a-token-of-sixteen-characters" } }
            """,
            changed: "server.allowedHosts streams.quietHeartbeat streams.statsInterval limits.bodyBytes "
                + "limits.jsonDepth events.unknownTypes log.level metrics.token")

        let host = ["Host": "tideline.test"]
        // One connection, opened before the reload.
        #expect(try await client.get("/metrics").status == 421)
        #expect(try await client.get("/metrics", host).status == 404)
        let bearer = host.merging(["Authorization": "Bearer a-token-of-sixteen-characters"]) { $1 }
        #expect(try await scene.server.client().get("/metrics", bearer).status == 200)
        #expect(try await client.post(scene.path, large, host).status == 422)
        let known: TestJSON = ["eventType": "comment.added", "eventData": ["x": large["eventData"]["x"]]]
        #expect(try await client.post(scene.path, known, host).status == 200)
        let deep: TestJSON = ["eventType": "comment.added", "eventData": ["a": [[[[[[[1]]]]]]]]]
        #expect(try await client.post(scene.path, deep, host).status == 400)
        _ = try await scene.server.logLine("event tracked")
        // The streams go on, those with stats at the new pace; a new one is pinged every second.
        for stream in streams { _ = try await stream.next { $0.json["eventType"] == "comment.added" } }
        for _ in 0..<4 { _ = try await streams[0].next("stats", within: .seconds(2)) }
        let new = try await scene.stream("bo", query: "stats=off", headers: host)
        for _ in 0..<2 { _ = try await new.next("ping", within: .seconds(3)) }
        #expect(streams.allSatisfy { $0.end == nil })
        #expect(!streams[3].events.contains { $0.type == "ping" })
    }

    static let mistakes: [(file: String, key: String, line: Int, expectation: String)] = [
        ("{ log: { level: \"debug\" },\n  streams: { heartbeat: \"fast\" } }", "streams.heartbeat", 2, "expected"),
        ("{ log: { level: \"debug\" },\n\n  limits: { bodyByte: 1 } }", "limits.bodyByte", 3, "did you mean"),
        (
            "{ log: { level: \"debug\" }, limits: { bodyBytes: \"16MiB\", batchBytes: \"8MiB\" } }", "limits.bodyBytes",
            1, "exceed"
        ),
        ("{ log: { level: \"debug\" },", "", 1, ""),
    ]

    @Test(arguments: mistakes)
    func `a mistake changes nothing and is logged with its key, place and what was expected`(
        file: String, key: String, line: Int, expectation: String
    ) async throws {
        let (scene, directory) = try await start("{ events: { unknownTypes: \"reject\" } }")
        let stream = try await scene.streams(1, "ana")[0]

        try directory.write(file, to: "tideline.json5")
        scene.server.send(signal: SIGHUP)
        let said = try await scene.server.logLine("configuration not reloaded")

        #expect(said["level"] == "error" && said["key"].string == key && said["line"].int == line)
        #expect(said["source"].string == directory.file("tideline.json5"))
        #expect(said["expectation"].string?.contains(expectation) == true, "\(said)")
        let reply = try await scene.client("ana").post(scene.path, ["eventType": "custom.type"])
        #expect(reply.status == 422)
        #expect(!scene.server.log.contains { $0.contains("configuration reloaded") || $0.contains("\"debug\"") })
        try await reload(scene, directory, "{}", changed: "events.unknownTypes")
        #expect(try await scene.client("ana").post(scene.path, ["eventType": "custom.type"]).status == 200)
        _ = try await stream.next { $0.json["eventType"] == "custom.type" }
    }

    @Test func `a file that is gone changes nothing`() async throws {
        let (scene, directory) = try await start("{}")

        unsafe unlink(directory.file("tideline.json5"))
        scene.server.send(signal: SIGHUP)
        let said = try await scene.server.logLine("configuration not reloaded")

        #expect(said["expectation"].string?.contains("no such file") == true && said["source"] == "argument --config")
        #expect(try await scene.client("ana").get(scene.path, ["Accept": "application/json"]).status == 200)
    }

    @Test func `keys that wait for a restart are named and not applied, the others are`() async throws {
        let (scene, directory) = try await start("{}")
        let stream = try await scene.streams(1, "ana", query: "stats=off")[0]

        try await reload(
            scene, directory,
            """
            { server: { listen: ["127.0.0.1:1"], loops: 7 }, storage: { retain: "7d" },
              auth: { jwt: { secret: "another-secret-that-is-long-enough-to-count" } }, streams: { retry: "9s" } }
            """,
            changed: "streams.retry")
        let warning = try await scene.server.logLine("configuration keys wait for a restart")

        #expect(warning["level"] == "warning")
        // The secret of the environment wins over the file's: it has not changed.
        #expect(warning["keys"] == "server.loops storage.retain")
        let new = try await scene.streams(1, "ana")[0]
        #expect((9_000...13_500).contains(new.retry ?? 0))
        try await scene.postTicks(1...1)
        #expect(try await stream.ticks(through: 1) == [1])

        // What was taken back waits for nothing.
        try await reload(
            scene, directory, "{ streams: { retry: \"9s\", outboxBytes: \"2MiB\" } }", changed: "streams.outboxBytes")
        #expect(scene.server.log.filter { $0.contains("wait for a restart") }.count == 1)
    }

    @Test func `a tightened audience counts for the next request, open streams go on`() async throws {
        let (scene, directory) = try await start("{}")
        let stream = try await scene.streams(1, "ana", query: "stats=off")[0]
        let client = scene.client("ana")
        #expect(try await client.get(scene.path).status == 200)

        try await reload(
            scene, directory, "{ auth: { jwt: { audience: \"harbor-api\" } } }", changed: "auth.jwt.audience")

        // On the connection, and with the token, that the loop had let in before.
        let refused = try await client.get(scene.path)
        #expect(refused.status == 401 && stream.end == nil)
        try await reload(scene, directory, "{ // again\n }", changed: "auth.jwt.audience")
    }

    @Test func `arguments and environment still win`() async throws {
        let (scene, directory) = try await start("{}", ["TIDELINE_STREAMS_RETRY": "3s"])

        try await reload(
            scene, directory, "{ streams: { retry: \"9s\", outboxBytes: \"2MiB\" } }", changed: "streams.outboxBytes")

        let stream = try await scene.streams(1, "ana")[0]
        #expect((3_000...4_500).contains(stream.retry ?? 0))
    }

    @Test func `turning the log down is the last thing it tells`() async throws {
        let (scene, directory) = try await start("{ log: { level: \"debug\" } }")

        try await reload(scene, directory, "{ log: { level: \"error\" } }", changed: "log.level")
        let lines = scene.server.log.count
        _ = try await scene.client("ana").post(scene.path, ["eventType": "custom.type"])
        try directory.write("{ log: { level: \"debug\" } }", to: "tideline.json5")
        scene.server.send(signal: SIGHUP)
        _ = try await scene.server.logLine { $0["message"] == "event tracked" || $0["changed"] == "log.level" }

        let behind = try scene.server.log[lines...].map { try TestJSON($0)["message"].string }
        // A loop may still have been telling of a connection when the level changed; of the event nothing may be told.
        #expect(!behind.prefix { $0 != "configuration reloaded" }.contains("event tracked"))
    }

    @Test func `a storm of reloads under load loses no event and no stream`() async throws {
        let (scene, directory) = try await start("{}")
        let streams = try await scene.streams(8, "ana", query: "stats=off")

        async let posting: Void = {
            for first in stride(from: 1, through: 191, by: 10) { try await scene.postTicks(first...first + 9) }
        }()
        for round in 0..<40 {
            try directory.write(
                "{ streams: { retry: \"\(2 + round % 5)s\", statsInterval: \"\(1 + round % 3)s\" } }",
                to: "tideline.json5")
            scene.server.send(signal: SIGHUP)
        }
        try await posting

        for stream in streams { #expect(try await stream.ticks(through: 200) == Array(1...200) && stream.end == nil) }
        #expect(try await scene.client(StreamScene.admin).get("/readyz").status == 200)
    }

    @Test func `a reload during the drain is ignored`() async throws {
        let (scene, directory) = try await start("{}")
        let streams = try await scene.streams(4, "ana")

        try directory.write("{ streams: { retry: \"9s\" } }", to: "tideline.json5")
        scene.server.terminate()
        _ = try await scene.server.logLine("draining")
        for _ in 0..<5 { scene.server.send(signal: SIGHUP) }

        for stream in streams { #expect(try await stream.closing()["reason"] == "shutdown") }
        #expect(try await scene.server.waitExit() == 0)
        #expect(!scene.server.log.contains { $0.contains("configuration reloaded") })
    }
}
