import Foundation
import Testing

/// Many events: a short form of `Tests/Tools/import_million.py`, which measures a million.
struct FigureScaleTests {
    private static let events = 20_000

    /// NDJSON in a working group's proportions; the last tenth happened within the last hour.
    private func history() -> String {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        var lines = ""
        for number in 0..<Self.events {
            let isOld = number < Self.events / 10 * 9
            let time =
                isOld ? now - 30 * 86_400_000 + Int64(number) * 60_000 : now - Int64(Self.events - number) * 1_500
            let (type, data) = content(number)
            lines += """
                {"eventType":"\(type)","userId":"user-\(number % 97)","sessionId":"session-\(number % 211)",\
                "occurredAt":\(time),"eventData":{\(data)}}\n
                """
        }
        return lines
    }

    private func content(_ number: Int) -> (type: String, data: String) {
        let channel = "channel-\(number % 10)"
        return switch number % 20 {
        case 14, 15: ("reaction.added", #""messageId":"message-\#(number - 10)","emoji":"thumbsup""#)
        case 16:
            (
                "message.read",
                #""channelId":"channel-\#((number - 10) % 10)","lastReadMessageId":"message-\#(number - 10)""#
            )
        case 17: ("user.active", #""deviceId":"device-\#(number % 5)""#)
        case 18: ("task.updated", #""taskId":"task-\#(number % 600)","status":"in_progress""#)
        case 19: ("message.deleted", #""messageId":"message-\#(number - 15)""#)
        default:
            ("message.sent", #""messageId":"message-\#(number)","channelId":"\#(channel)","length":\#(number % 300)"#)
        }
    }

    /// What a process holds that is its own, in bytes.
    private func ownMemory(_ server: ServerProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(server.processID)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return 1_024 * (Int(line.split(whereSeparator: \.isWhitespace)[1]) ?? 0)
    }

    @Test func `S4-6 · an imported history is counted, weighs little and is served at once after kill -9`() async throws
    {
        let data = try TemporaryDirectory("data")
        let file = try data.write(history(), to: "history.ndjson")
        try #require(try await ServerProcess.run(["workspace", "create", "w", "--data", data.path]).status == 0)
        var server = try await ServerProcess.start(data: data)
        let before = try ownMemory(server)

        let imported = try await ServerProcess.run(
            ["import", file, "--workspace", "w", "--json", "--data", data.path], within: .seconds(120))
        server.kill()
        try await server.waitExit()
        let killed = ContinuousClock.now
        server = try await server.restart()
        let snapshot = try await server.client(user: "admin", workspaces: ["w": "admin"]).snapshot(of: "w")

        #expect(killed.duration(to: .now) < .seconds(5))
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(try TestJSON(imported.output.joined())["accepted"].int == Self.events)
        #expect(snapshot.figures == (try FigureRecount(data, workspace: "w").figures(at: snapshot)))
        #expect(snapshot.data["tasksInProgress"].int == 30)
        // Of ten, the messages of one are all deleted.
        #expect(snapshot.data["activeChannels"].int == 9)
        // 10 MiB a million is below what an allocator's pages are worth here; the tool measures it.
        #expect(try ownMemory(server) - before < 10 << 20)
    }

    @Test func `S4-14 · figures that nobody asks for keep nothing that has happened`() async throws {
        let server = try await ServerProcess.start()
        let client = server.client(user: "admin", workspaces: ["w": "admin"])
        let batch = String(repeating: #"{"eventType":"user.active","eventData":{}}"# + "\n", count: 500)

        for _ in 0..<8 {
            let reply = try await client.send(
                "POST", "/api/workspaces/w/events", ["Content-Type": "application/x-ndjson"], Array(batch.utf8))
            try #require(reply.status == 200)
        }
        server.terminate()
        try await server.waitExit()

        let rows = try LogDatabase(server.data).rows("SELECT length(state), seq FROM checkpoints")
        #expect(rows.count == 1 && rows.first?.last?.integer == 4_002)
        #expect(try #require(rows.first?.first?.integer) < 1_024)
    }
}
