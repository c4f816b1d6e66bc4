import Foundation
import Testing

/// The live figures of a running server against ``FigureRecount``, which counts them again by SQL.
struct FigureRecountTests {
    private static let workspace = "w"
    private static let batchPath = "/api/workspaces/w/events"

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    private func administrator(_ server: ServerProcess) -> HTTPTestClient {
        server.client(user: "admin", workspaces: [Self.workspace: "admin"])
    }

    /// Posts made-up batches; returns how many items were accepted, duplicates, refused.
    @discardableResult
    private func post(
        _ batches: Int, of size: Int, by script: inout FigureScript, to client: HTTPTestClient
    ) async throws -> (accepted: Int, duplicates: Int, rejected: Int) {
        var sums = (accepted: 0, duplicates: 0, rejected: 0)
        for _ in 0..<batches {
            let body = script.batch(size, around: Self.now())
            let reply = try await client.send(
                "POST", Self.batchPath, ["Content-Type": "application/x-ndjson"], body)
            try #require(reply.status == 200, "\(reply.text)")
            let json = try reply.json
            sums.accepted += json["accepted"].int ?? 0
            sums.duplicates += json["duplicates"].int ?? 0
            sums.rejected += json["rejected"].int ?? 0
        }
        return sums
    }

    /// Posts single events, one after the other.
    private func trickle(_ count: Int, by script: inout FigureScript, to client: HTTPTestClient) async throws {
        for event in script.events(count, around: Self.now()) {
            let reply = try await client.post(ServerProcess.realtime(Self.workspace), event)
            // Reused ids and reads in another channel are refused, which is no matter here.
            try #require([200, 409, 422].contains(reply.status), "\(reply.text)")
        }
    }

    /// Compares the snapshot of now.
    private func check(_ server: ServerProcess, _ comment: Comment) async throws {
        let snapshot = try await administrator(server).snapshot(of: Self.workspace)
        let recount = try FigureRecount(server.data, workspace: Self.workspace)
        #expect(snapshot.asOf == (try recount.head()), comment)
        #expect(snapshot.figures == (try recount.figures(at: snapshot)), comment)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `S4-6 · figures equal a recount by SQL while events are deleted, late and duplicated`(seed: UInt64)
        async throws
    {
        let server = try await ServerProcess.start()
        let taken = Journal<Snapshot>(of: "snapshot")

        let sums = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let reader = administrator(server)
                while !taken.isFinished { taken.append(try await reader.snapshot(of: Self.workspace)) }
            }
            group.addTask {
                var script = FigureScript("b", seed: seed + 100)
                try await trickle(300, by: &script, to: administrator(server))
            }
            defer { taken.finish() }
            var script = FigureScript("a", seed: seed)
            let sums = try await post(30, of: 100, by: &script, to: administrator(server))
            taken.finish()
            try await group.waitForAll()
            return sums
        }

        #expect(sums.accepted > 2_000 && sums.duplicates > 20 && sums.rejected > 5)
        let recount = try FigureRecount(server.data, workspace: Self.workspace)
        let snapshots = taken.elements
        #expect(Set(snapshots.map(\.asOf)).count > 20)
        for snapshot in snapshots.striding(60) {
            #expect(snapshot.figures == (try recount.figures(at: snapshot)), "seed \(seed) at \(snapshot.asOf)")
        }
        try await check(server, "at the end")
    }

    @Test func `S4-6 · figures equal a recount after a restart, after kill -9 and after a rebuild`() async throws {
        var server = try await ServerProcess.start()
        var script = FigureScript("a", seed: 7)
        try await post(10, of: 100, by: &script, to: administrator(server))

        server.terminate()
        try await server.waitExit()
        server = try await server.restart()
        try await check(server, "from the checkpoint")
        try await post(10, of: 100, by: &script, to: administrator(server))
        try await check(server, "from the checkpoint, and on")

        server.kill()
        try await server.waitExit()
        server = try await server.restart()
        try await check(server, "from an old checkpoint and the log behind it")
        try await post(3, of: 100, by: &script, to: administrator(server))
        try await check(server, "from an old checkpoint, and on")

        server.terminate()
        try await server.waitExit()
        try LogDatabase(server.data, isWritable: true).rows("DELETE FROM checkpoints")
        server = try await server.restart()
        try await check(server, "from the log alone")
        try await post(3, of: 100, by: &script, to: administrator(server))
        try await check(server, "from the log alone, and on")
    }

    @Test func `S4-6 · figures are rebuilt from a log whose beginning is pruned`() async throws {
        var server = try await ServerProcess.start()
        var script = FigureScript("a", seed: 8)
        try await post(4, of: 100, by: &script, to: administrator(server))

        server.terminate()
        try await server.waitExit()
        do {
            let database = try LogDatabase(server.data, isWritable: true)
            // Without the tables beside the log, as an old pruned log would be with a checkpoint of another version.
            try database.rows("DELETE FROM checkpoints")
            try database.rows("DELETE FROM message_keys WHERE seq <= 150")
            try database.rows("DELETE FROM events WHERE seq <= 150 AND seq > 2")
            try database.rows("UPDATE events SET seq = seq + 148 WHERE seq <= 2")
            try database.rows("UPDATE workspaces SET log_floor = 148")
        }
        server = try await server.restart()
        try await check(server, "from the rest of the log")
    }

    @Test func `S4-6 · the server itself counts in no figure of people`() async throws {
        let server = try await ServerProcess.start()
        let client = administrator(server)
        let events: [TestJSON] = [
            ["eventType": "user.online", "eventData": [:], "userId": "tideline:operator"],
            ["eventType": "user.online", "eventData": [:], "userId": "ana"],
        ]

        for event in events { _ = try await client.post(ServerProcess.realtime(Self.workspace), event) }
        let data = try await client.snapshot(of: Self.workspace).data

        // ana, and admin, whose first use made them a member; of the two only ana is there.
        #expect(data["activeUsers"].int == 2)
        #expect(data["onlineUsers"].int == 1)
        #expect(data["eventCounts"]["user.online"].int == 2)
        try await check(server, "with the server's own events")
    }
}

extension Array {
    /// At most about `count` elements, evenly spread, with the last.
    fileprivate func striding(_ count: Int) -> [Element] {
        guard let last, self.count > count else { return self }
        return stride(from: 0, to: self.count - 1, by: self.count / count).map { self[$0] } + [last]
    }
}
