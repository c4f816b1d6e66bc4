import CSQLite
import ServerSentEvents
import Testing

/// Replays that the log makes hard: long ones, filtered ones, read slowly, or reaching behind what is kept.
@Suite(.serialized) struct StreamReplayTests {
    @Test func `a filtered resume passes over pages that hold nothing for it`() async throws {
        let scene = try await StreamScene.start()
        let start = try await scene.head()
        try await scene.post("task.created", ["taskId": "first", "n": 1])
        for first in [2, 402, 802] { try await scene.postTicks(first...first + 399, bytes: 1_000) }
        try await scene.post("task.created", ["taskId": "last", "n": 2])

        let stream = try await scene.stream("ana", query: "stats=off&types=task.*", lastEventID: start)
        _ = try await stream.ticks(through: 2)
        try await scene.postTicks(1...3)
        try await scene.post("task.created", ["taskId": "live", "n": 3])

        #expect(try await stream.ticks(through: 3) == [1, 2, 3])
        #expect(!stream.events.contains { $0.type == "reset" })
    }

    @Test func `a replay read slowly while others write joins the live events without a seam`() async throws {
        let scene = try await StreamScene.start(
            ["TIDELINE_STREAMS_SEND_BUFFER": "4KiB", "TIDELINE_STREAMS_OUTBOX_BYTES": "64MiB"])
        let start = try await scene.head()
        try await scene.postTicks(1...400, bytes: 2_000)
        let slow = try await scene.stream(
            "ana", query: "stats=off", lastEventID: start, receiveBuffer: 8_192, isReading: false)

        async let writing: Void = {
            let client = scene.client("bo")
            for number in 401...440 { try await scene.post(StreamScene.tick(number), by: client) }
        }()
        slow.startReading()
        try await writing
        let ticks = try await slow.ticks(through: 440)

        #expect(ticks == Array(1...440) && slow.end == nil)
    }

    @Test func `a crowd that resumes from different places is served exactly, each its own`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let start = try await scene.head()
        let ids = [start] + (try await scene.postTicks(1...600, bytes: 500))

        try await withThrowingTaskGroup { group in
            for place in stride(from: 0, to: 600, by: 20) {
                group.addTask {
                    let stream = try await scene.stream("ana", query: "stats=off", lastEventID: ids[place])
                    #expect(try await stream.ticks(through: 600) == Array(place + 1...600), "from \(place)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a position behind the retained log is reset, and pages begin at the floor`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...20)
        let floor = try #require(Int(ids[9].split(separator: "-")[1]))
        scene.server.terminate()
        try await scene.server.waitExit()
        try forget(through: floor, in: scene)
        let again = scene.on(try await scene.server.restart())

        let behind = try await again.stream("ana", lastEventID: ids[8])
        let reset = try await behind.next("reset")
        let exact = try await again.stream("ana", query: "stats=off", lastEventID: ids[9])
        let page = try await again.client("ana").get(again.logPath + "?after=\(ids[8])")
        let whole = try await again.client("ana").get(again.logPath + "?limit=1000").json

        #expect(reset.json["reason"].string == "pruned" && reset.id == ids[19])
        #expect(reset.json["next"].string == ids[9])
        #expect(try await exact.ticks(through: 20) == Array(11...20))
        #expect(page.status == 410)
        #expect(try page.json["code"].string == "log_pruned")
        #expect(whole["events"].array.compactMap { $0["eventData"]["n"].int } == Array(11...20))
        #expect(whole["floor"].string == ids[9])
        // The figures outlive the events they came from.
        #expect(try await again.snapshot()["data"]["eventCounts"]["test.tick"].int == 20)
    }

    /// Leaves the log of a stopped server as retention leaves it, which begins minutes after a start.
    private func forget(through sequence: Int, in scene: StreamScene) throws {
        var database: OpaquePointer?
        defer { unsafe sqlite3_close(database) }
        let opened = unsafe sqlite3_open(scene.server.data.file("tideline.db"), &database)
        let sql = "DELETE FROM events WHERE seq <= \(sequence); UPDATE workspaces SET log_floor = \(sequence);"
        let changed = unsafe sqlite3_exec(database, sql, nil, nil, nil)
        guard opened == SQLITE_OK, changed == SQLITE_OK else { throw WaitError(description: "SQLite \(changed)") }
    }
}
