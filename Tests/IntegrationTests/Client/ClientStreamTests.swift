import TidelineClient
import Testing

/// The Swift client on a stream of the real server.
@Suite(.serialized) struct ClientStreamTests {
    @Test func `S4-18 · a client follows figures and events and knows where it is`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        let receipt = try await reader.feed.trackEvent("task.created", ["taskId": "t-1", "status": "in_progress"])
        let event = try await reader.logged()
        let (_, stats) = try await reader.events.first { event in
            if case .stats(let stats) = event { stats.tasksInProgress == 1 } else { false }
        }

        #expect(event.id == receipt.id && event.sequence == receipt.sequence && event.type == "task.created")
        #expect(event.userID == "ana" && event.data["taskId"].string == "t-1" && event.entity?.id == "t-1")
        #expect(reader.feed.lastEventID == receipt.id)
        guard case .stats(let figures) = stats else { return }
        #expect(figures.onlineUsers == 1 && figures.eventCounts["task.created"] == 1)
        #expect(Array(reader.states.elements.prefix(3)) == [.closed(.notStarted), .connecting, .open])
        await client.client.close()
        #expect(try await reader.end() == nil && reader.feed.state == .closed(.disconnected))
    }
}
