import Testing

/// `tideline send` over the real server.
@Suite(.serialized) struct SendTests {
    private func send(_ scene: StreamScene, _ arguments: [String]) async throws -> (
        status: Int32, output: [String], errors: [String]
    ) {
        try await ServerProcess.run(
            ["send", "--workspace", scene.workspace, "--data", scene.server.data.path] + arguments)
    }

    @Test func `an event is stored and broadcast, and its id is printed`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana", query: "stats=off")[0]

        let sent = try await send(
            scene,
            [
                "deploy.finished", #"{"version":"1.4.2"}"#, "--user", "bo", "--session", "s-1", "--event-id", "e-1",
                "--occurred-at", "2026-01-31T12:00:00Z",
            ])

        let event = try await stream.next("event").json
        #expect(sent.status == 0 && sent.output == [event["id"].string] && sent.errors.isEmpty)
        #expect(event["eventType"] == "deploy.finished" && event["eventData"] == ["version": "1.4.2"])
        #expect(event["userId"] == "bo" && event["sessionId"] == "s-1" && event["eventId"] == "e-1")
        #expect(event["occurredAt"] == "2026-01-31T12:00:00.000Z")
    }

    @Test func `the same event sent twice is stored once, another under its id is refused`() async throws {
        let scene = try await StreamScene.start()
        let before = try await scene.log().count

        let first = try await send(scene, ["a.b", #"{"n":1}"#, "--event-id", "once"])
        let again = try await send(scene, ["a.b", #"{"n":1}"#, "--event-id", "once"])
        let other = try await send(scene, ["a.b", #"{"n":2}"#, "--event-id", "once"])

        #expect(first.status == 0 && again.status == 0 && first.output == again.output)
        #expect(again.errors.contains { $0.contains("before") })
        #expect(other.status == 1 && other.output.isEmpty)
        #expect(other.errors.contains { $0.contains("idempotency_conflict") })
        #expect(try await scene.log().count == before + 1)
    }

    @Test func `data may come from a pipe, and the whole answer may be printed`() async throws {
        let scene = try await StreamScene.start()
        let binary = try BuiltProduct.path("tideline", override: "TIDELINE_BINARY")
        let line = #"printf '{"n": 1}\n' | "$0" send --workspace harbor a.b - --json --data "$1""#

        let pipe = try ChildProcess("/bin/sh", ["-c", line, binary, scene.server.data.path])
        let status = try await pipe.waitExit()
        try await pipe.output.waitFinish()

        #expect(status == 0, "\(pipe.errors.elements)")
        #expect(try TestJSON(pipe.output.elements.first ?? "")["success"] == true)
        #expect(try await scene.log().last?["eventData"] == ["n": 1])
    }

    static let mistakes: [([String], Int32, String)] = [
        (["a.b", "{"], 2, "ends too early"), (["a.b", "{n:1}"], 2, "malformed at byte 2"),
        (["a.b", "[1]"], 2, "expected an object"), (["a.b", "-"], 1, "standard input"), (["Upper"], 2, "TYPE"),
        (["a.b", "{}", "--occurred-at", "now"], 2, "--occurred-at"), (["message.sent", "{}"], 1, "invalid_payload"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is named and nothing is stored`(_ line: [String], _ status: Int32, _ text: String) async throws {
        let scene = try await StreamScene.start()
        let before = try await scene.log().count

        let sent = try await send(scene, line)

        #expect(sent.status == status && sent.output.isEmpty)
        #expect(sent.errors.joined().contains(text), "\(sent.errors)")
        #expect(try await scene.log().count == before)
    }

    @Test func `events sent through kill -9 and a restart are each stored once`() async throws {
        let scene = try await StreamScene.start()
        let binary = try BuiltProduct.path("tideline", override: "TIDELINE_BINARY")
        let line = """
            for n in $(seq 1 40); do
              until "$0" send --workspace harbor test.tick "{\\"n\\":$n}" --event-id "tick-$n" --data "$1"
              do sleep 0.05; done
            done
            """

        let sending = try ChildProcess("/bin/bash", ["-c", line, binary, scene.server.data.path])
        _ = try await sending.output.first { $0.hasSuffix("-13") }
        scene.server.kill()
        try await scene.server.waitExit()
        let second = try await scene.server.restart()
        let status = try await sending.waitExit(within: .seconds(60))

        let ticks = try await scene.on(second).log().filter { $0["eventType"] == "test.tick" }
        #expect(status == 0)
        #expect(ticks.map { $0["eventData"]["n"].int } == Array(1...40))
        #expect(ticks.compactMap { $0["id"].string } == sending.output.elements)
    }

    @Test func `a workspace that a mistyped name would create is not created`() async throws {
        let scene = try await StreamScene.start()

        let sent = try await ServerProcess.run([
            "send", "--workspace", "harbour", "a.b", "--data", scene.server.data.path,
        ])

        let list = try await ServerProcess.run(["workspace", "list", "--data", scene.server.data.path])
        #expect(sent.status == 1 && sent.errors.contains { $0.contains("no workspace \"harbour\"") })
        #expect(list.output.count == 2)
    }

    @Test func `without a server it says how to start one and leaves the log alone`() async throws {
        let data = try TemporaryDirectory("data")

        let sent = try await ServerProcess.run(["send", "--workspace", "w", "a.b", "--data", data.path])

        #expect(sent.status == 1 && sent.errors.contains { $0.contains("tideline serve --data \(data.path)") })
    }
}
