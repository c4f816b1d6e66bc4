import Events
import Projections
import Testing

struct LiveStatsTests {
    private func stats() -> LiveStats {
        var stats = LiveStats(timestamp: 1_765_022_400_000, asOf: 99)
        stats.activeUsers = 42
        stats.onlineUsers = 15
        stats.activeSessions = 8
        stats.messagesLastHour = 87
        stats.messagesToday = 380
        stats.activeChannels = 12
        stats.activeOrchestrators = 3
        stats.tasksInProgress = 15
        stats.eventCounts = [.init(type: "file.uploaded", count: 25), .init(type: "message.sent", count: 380)]
        return stats
    }

    @Test func `S4-6 · the figures are a flat object`() {
        var bytes: [UInt8] = []

        stats().appendJSON(to: &bytes)

        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"activeUsers":42,"onlineUsers":15,"activeSessions":8,"messagesLastHour":87,"messagesToday":380,"#
                + #""activeChannels":12,"activeOrchestrators":3,"tasksInProgress":15,"#
                + #""eventCounts":{"file.uploaded":25,"message.sent":380},"#
                + #""timestamp":"2025-12-06T12:00:00.000Z","asOf":99}"#)
    }

    @Test func `figures for an ETag leave the timestamp out`() throws {
        var (first, second) = (stats(), stats())
        first.timestamp = 1
        second.eventCounts = []
        var (firstBytes, secondBytes, bytes): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        first.appendFigures(to: &firstBytes)
        second.appendFigures(to: &secondBytes)
        stats().appendFigures(to: &bytes)

        #expect(firstBytes == bytes)
        #expect(secondBytes != bytes)
        #expect(try JSONDocument(scanning: bytes).root["asOf"]?.integer == 99)
        #expect(try JSONDocument(scanning: bytes).root["timestamp"] == nil)
    }

    @Test func `every member of the object is defined`() throws {
        var (object, definitions): ([UInt8], [UInt8]) = ([], [])
        stats().appendJSON(to: &object)
        FigureDefinitions.appendJSON(to: &definitions)

        let names = try JSONDocument(scanning: definitions).root.elements.map { $0["name"]?.string }

        #expect(try names == JSONDocument(scanning: object).root.members.map(\.name))
    }

    @Test func `definitions state the windows that are set`() {
        let settings = LiveStatsSettings(activeUserWindow: 3_600_000, onlineWindow: 90_000, maximumEventTypes: 7)

        let all = FigureDefinitions.all(settings: settings)

        #expect(all.first { $0.name == "activeUsers" }?.window == "rolling 1 hour, by occurredAt")
        #expect(all.first { $0.name == "onlineUsers" }?.window.contains("90 seconds") == true)
        #expect(all.first { $0.name == "eventCounts" }?.meaning.contains("7 types") == true)
    }
}
