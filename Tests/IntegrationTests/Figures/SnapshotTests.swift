import Foundation
import Testing

/// The JSON mode: what may be cached, how fresh it is, and many readers at once.
struct SnapshotTests {
    private static let path = ServerProcess.realtime("w")
    private static let accepted = ["Accept": "application/json"]
    private static let message: TestJSON = ["eventType": "message.sent", "eventData": ["channelId": "c"]]

    private func start() async throws -> (server: ServerProcess, client: HTTPTestClient) {
        let server = try await ServerProcess.start()
        return (server, client(server))
    }

    private func client(_ server: ServerProcess) -> HTTPTestClient {
        server.client(user: "ana", workspaces: ["w": "member"])
    }

    @Test func `S4-6 · a snapshot keeps its tag while only time passes, and is not sent again`() async throws {
        let (server, client) = try await start()
        let first = try await client.get(Self.path, Self.accepted)
        let tag = try #require(first.header("ETag"))

        var later = first
        while try later.json["data"]["timestamp"] == first.json["data"]["timestamp"] {
            later = try await client.get(Self.path, Self.accepted)
        }
        let unchanged = try await client.get(Self.path, ["Accept": "application/json", "If-None-Match": tag])
        _ = try await client.post(Self.path, Self.message)
        let changed = try await client.get(Self.path, ["Accept": "application/json", "If-None-Match": tag])

        #expect(tag.hasPrefix("W/\"") && later.header("ETag") == tag)
        #expect(unchanged.status == 304 && unchanged.body.isEmpty && unchanged.header("ETag") == tag)
        #expect(unchanged.header("Cache-Control") == "private, no-cache")
        #expect(unchanged.header("Vary") == "Accept, Authorization, Cookie")
        #expect(changed.status == 200 && changed.header("ETag") != tag)
        server.terminate()
    }

    @Test func `S4-6 · a snapshot after the answer to a POST includes the event`() async throws {
        let (server, client) = try await start()
        let other = self.client(server)

        for _ in 0..<100 {
            let posted = try await client.post(Self.path, Self.message).json
            let snapshot = try await other.snapshot(of: "w")
            try #require(snapshot.asOf >= posted["seq"].int ?? .max)
        }
    }

    @Test func `S4-7 · a snapshot says whose it is and from where a stream can go on`() async throws {
        let (server, client) = try await start()
        let posted = try await client.post(Self.path, Self.message).json

        let meta = try await client.get(Self.path, Self.accepted).json["meta"]
        let stream = try await server.stream(
            "w", token: server.token(user: "ana", workspaces: ["w": "member"]), lastEventID: meta["lastEventId"].string)
        _ = try await client.post(Self.path, Self.message)
        let event = try await stream.next("event")
        let open = try await client.get(Self.path, Self.accepted).json["meta"]

        #expect(meta["lastEventId"] == posted["id"])
        #expect(meta["mode"] == "snapshot" && meta["userId"] == "ana" && meta["connections"] == 0)
        #expect(event.json["seq"].int == posted["seq"].int.map { $0 + 1 })
        #expect(open["connections"] == 1)
    }

    @Test func `S4-14 · a snapshot is made once a second and head, however many read`() async throws {
        let (server, _) = try await start()
        _ = try await client(server).post(Self.path, Self.message)
        let began = ContinuousClock.now

        let bodies = try await withThrowingTaskGroup(of: [TestJSON].self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let reader = client(server)
                    var bodies: [TestJSON] = []
                    for _ in 0..<25 { bodies.append(try await reader.get(Self.path, Self.accepted).json["data"]) }
                    return bodies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }

        let seconds = began.duration(to: .now).components.seconds
        #expect(bodies.count == 400)
        #expect(Set(bodies.map { $0["timestamp"].string }).count <= seconds + 2)
    }

    @Test func `S4-14 · parallel readers get consistent snapshots while events are posted`() async throws {
        let (server, client) = try await start()
        // Before the first message: workspace.created and member.added.
        let base = try await client.snapshot(of: "w").asOf
        let isDone = Journal<Void>(of: "end")

        let histories = try await withThrowingTaskGroup(of: [Snapshot].self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let reader = self.client(server)
                    var history: [Snapshot] = []
                    while !isDone.isFinished { history.append(try await reader.snapshot(of: "w")) }
                    return history
                }
            }
            defer { isDone.finish() }
            for _ in 0..<300 { _ = try await client.post(Self.path, Self.message) }
            isDone.finish()
            return try await group.reduce(into: []) { $0.append($1) }
        }

        var known: [String: TestJSON] = [:]
        for history in histories {
            for (earlier, later) in zip(history, history.dropFirst()) {
                #expect(earlier.asOf <= later.asOf && earlier.timestamp <= later.timestamp)
            }
            for snapshot in history {
                #expect(snapshot.data["messagesLastHour"].int == Int(snapshot.asOf - base))
                let key = "\(snapshot.asOf) \(snapshot.timestamp)"
                #expect(known.updateValue(snapshot.data, forKey: key).map { $0 == snapshot.data } ?? true)
            }
        }
        #expect(Set(histories.joined().map(\.asOf)).count > 20)
    }
}
