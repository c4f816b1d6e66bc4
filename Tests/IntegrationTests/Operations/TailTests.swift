import Glibc
import Testing

/// `tideline tail` over the real server: what it prints, and that nothing short of its end stops it.
@Suite(.serialized) struct TailTests {
    private func tail(_ scene: StreamScene, _ arguments: [String] = []) throws -> ChildProcess {
        try ServerProcess.launch(
            ["tail", "--workspace", scene.workspace, "--data", scene.server.data.path] + arguments)
    }

    /// Runs a line of shell in which `$tideline` and `$data` are known.
    private func shell(_ scene: StreamScene, _ line: String) throws -> ChildProcess {
        try ChildProcess(
            "/bin/bash",
            [
                "-c", "set -o pipefail; tideline=$0 data=$1; " + line,
                try BuiltProduct.path("tideline", override: "TIDELINE_BINARY"), scene.server.data.path,
            ])
    }

    /// The numbers of the ticks that were printed.
    private func ticks(_ lines: [String]) throws -> [Int] {
        try lines.compactMap { try TestJSON($0)["eventData"]["n"].int }
    }

    /// Waits until tick `number` was printed.
    private func wait(_ tail: ChildProcess, tick number: Int, within limit: Duration = .seconds(20)) async throws {
        _ = try await tail.output.first(within: limit) { $0.contains("\"n\":\(number),") }
    }

    @Test func `a tail prints what is committed from now on, as the log holds it`() async throws {
        let scene = try await StreamScene.start()
        try await scene.postTicks(1...3)
        let tail = try tail(scene)
        _ = try await streamOpened(scene)

        try await scene.postTicks(4...6)
        try await wait(tail, tick: 6)

        let log = try await scene.log().suffix(3)
        #expect(try tail.output.elements.map { try TestJSON($0) } == Array(log))
        #expect(tail.errors.elements.isEmpty)
    }

    /// Waits for the tail's stream, which begins with what comes afterwards.
    private func streamOpened(_ scene: StreamScene) async throws {
        while try await scene.snapshot()["meta"]["connections"].int == 0 { await Task.yield() }
    }

    @Test func `a tail begins behind an id or a number, and filters by type and user`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...5)
        try await scene.post("other.type", ["n": 6], as: "bo")
        try await scene.post("test.tick", ["n": 7, "padding": ""], as: "bo")

        let byID = try tail(scene, ["--after", ids[1]])
        let byNumber = try tail(scene, ["--after", "0", "--types", "test.*", "--user", "bo"])

        try await wait(byID, tick: 7)
        try await wait(byNumber, tick: 7)
        #expect(try ticks(byID.output.elements) == [3, 4, 5, 6, 7])
        #expect(try ticks(byNumber.output.elements) == [7])
    }

    @Test func `a tail goes on through kill -9 and a restart, without gap or duplicate`() async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--after", "0"])
        try await scene.postTicks(1...50)
        try await wait(tail, tick: 50)

        scene.server.kill()
        try await scene.server.waitExit()
        _ = try await tail.errors.first { $0.contains("connection lost") }
        let second = try await scene.server.restart()
        try await scene.on(second).postTicks(51...80)
        try await wait(tail, tick: 80)
        second.terminate()
        _ = try await tail.errors.first { $0.contains("closing (shutdown)") }
        try await second.waitExit()
        let third = try await second.restart()
        try await scene.on(third).postTicks(81...100)
        try await wait(tail, tick: 100)

        let log = try await scene.on(third).log()
        #expect(try tail.output.elements.map { try TestJSON($0)["id"] } == log.map { $0["id"] })
        #expect(try ticks(tail.output.elements) == Array(1...100))
        #expect(tail.errors.elements.filter { $0.contains("connected again") }.count >= 1)
        #expect(tail.isRunning)
    }

    @Test func `a tail closed by an administrator comes back when it may`() async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--after", "0"])
        try await scene.postTicks(1...2)
        try await wait(tail, tick: 2)

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=0s")
        _ = try await tail.errors.first { $0.contains("closing (admin)") }
        try await scene.postTicks(3...4)

        try await wait(tail, tick: 4)
        #expect(try ticks(tail.output.elements) == [1, 2, 3, 4])
    }

    @Test func `a tail that is ended for good says so and fails`() async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--after", "0"])
        _ = try await tail.output.first { _ in true }

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?final=true&hold=10m")

        #expect(try await tail.waitExit() == 1)
        #expect(tail.errors.elements.contains { $0.contains("for good") }, "\(tail.errors.elements)")
    }

    @Test func `a position that the log never had is told as a reset`() async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--after", "zzzzzzzzzz-5"])

        let line = try await tail.errors.first { $0.contains("reset") }.element
        try await scene.postTicks(1...1)
        try await wait(tail, tick: 1)

        #expect(line.contains("reset (epoch)"))
        #expect(tail.output.elements.count == 1)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func `a tail ends with status 0 when told to`(signal: Int32) async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--after", "0"])
        _ = try await tail.output.first { _ in true }

        tail.send(signal)

        #expect(try await tail.waitExit(within: .seconds(5)) == 0)
        #expect(tail.errors.elements.isEmpty)
    }

    @Test func `a tail ends with status 0 when its reader is gone, also while nothing happens`() async throws {
        let scene = try await StreamScene.start()
        try await scene.postTicks(1...20)

        let pipe = try shell(
            scene, #"$tideline tail --workspace harbor --after 0 --data "$data" | head -n 2; echo "status $?""#)
        let status = try await pipe.waitExit(within: .seconds(10))
        try await pipe.output.waitFinish()

        #expect(status == 0)
        #expect(pipe.output.elements.count == 3 && pipe.output.elements.last == "status 0")
        #expect(pipe.errors.elements.isEmpty, "\(pipe.errors.elements)")
    }

    @Test func `a tail whose reader sleeps is still ended by a signal`() async throws {
        let scene = try await StreamScene.start()
        try await scene.postTicks(1...200, bytes: 4_000)

        // The pipe holds 64 KiB of 800: the tail blocks in its write.
        let pipe = try shell(
            scene,
            """
            mkfifo "$data/pipe"; $tideline tail --workspace harbor --after 0 --data "$data" > "$data/pipe" & tail=$!
            exec 3< "$data/pipe"; head -c 1000 <&3 > /dev/null; kill -TERM $tail; wait $tail; echo "status $?"
            """)
        let status = try await pipe.waitExit(within: .seconds(10))
        try await pipe.output.waitFinish()

        #expect(status == 0 && pipe.output.elements == ["status 0"], "\(pipe.errors.elements)")
    }

    @Test func `on a terminal a tail prints a line a person can read`() async throws {
        let scene = try await StreamScene.start()
        try await scene.post("message.sent", ["channelId": "general", "note": "ü\u{9B}31m"], as: "ana")
        let command = #"$tideline tail --workspace harbor --after 0 --types message.* --stats --data $data"#

        let terminal = try shell(
            scene, "tideline=$tideline data=$data; script -qec \"stty cols 150; \(command)\" /dev/null")
        let line = try await terminal.output.first { $0.contains("message.sent") }.element
        let stats = try await terminal.output.first { $0.contains("activeUsers=") }.element

        #expect(
            line.wholeMatch(of: /\d\d:\d\d:\d\d\.\d{3}  message\.sent +ana +\{"channelId":"general".*\r?/) != nil,
            "\(line)")
        #expect(!line.unicodeScalars.contains("\u{9B}") && stats.contains("  stats "))
    }

    @Test func `stats are told from events in NDJSON`() async throws {
        let scene = try await StreamScene.start()
        let tail = try tail(scene, ["--stats"])

        let line = try await tail.output.first { _ in true }.element

        #expect(try TestJSON(line)["stats"]["activeUsers"].int != nil)
    }

    @Test func `without a server it says how to start one, without the workspace how to make one`() async throws {
        let data = try TemporaryDirectory("data")
        let scene = try await StreamScene.start()

        let unserved = try await ServerProcess.run(["tail", "--workspace", "w", "--data", data.path])
        let unknown = try await ServerProcess.run(["tail", "--workspace", "w", "--data", scene.server.data.path])

        #expect(unserved.status == 1 && unserved.output.isEmpty)
        #expect(unserved.errors.contains { $0.contains("tideline serve --data \(data.path)") }, "\(unserved.errors)")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains { $0.contains("tideline workspace create w") }, "\(unknown.errors)")
    }
}
