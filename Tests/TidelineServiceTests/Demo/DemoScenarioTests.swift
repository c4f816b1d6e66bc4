import Events
import Foundation
import Testing
import TidelineService

struct DemoScenarioTests {
    /// 2026-11-20T12:00:00Z.
    private let noon: Milliseconds = 1_795_176_000_000

    private func started(seed: UInt64 = 7) -> DemoScenario {
        DemoScenario(seed: seed, startingAt: noon - DemoScenario.historyLength)
    }

    private func object(_ event: DemoEvent) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(event.body)) as? [String: Any])
    }

    private func data(_ event: DemoEvent) throws -> [String: Any] {
        try #require(try object(event)["eventData"] as? [String: Any])
    }

    @Test func `the same seed and start give the same bytes`() {
        var one = started()
        var other = started()

        let past = one.history(until: noon)

        #expect(past == other.history(until: noon))
        for _ in 0..<500 {
            let (mine, theirs) = (one.next(), other.next())
            #expect(mine.delay == theirs.delay)
            #expect(mine.event == theirs.event)
        }
    }

    @Test func `another seed gives another day`() {
        var one = started(seed: 1)
        var other = started(seed: 2)

        let days = (one.history(until: noon), other.history(until: noon))

        #expect(days.0 != days.1)
    }

    @Test func `the history fills the six hours in order and is dated`() throws {
        var scenario = started()

        let events = scenario.history(until: noon)

        #expect((4_000...25_000).contains(events.count), "\(events.count) events")
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(events.allSatisfy { $0.at > noon - DemoScenario.historyLength - 1 && $0.at <= noon })
        let first = try #require(events.first)
        #expect(try object(first)["occurredAt"] as? Int64 == first.at)
    }

    @Test func `live events are undated and come two to four a second`() throws {
        var scenario = started()
        _ = scenario.history(until: noon)
        var waited = Duration.zero

        let events = (0..<3_000).map { _ in
            let (delay, event) = scenario.next()
            waited += delay
            return event
        }

        let rate = 3_000 / (Double(waited.components.seconds) + 0.001)
        #expect((2.0...4.5).contains(rate), "\(rate) a second")
        for event in events { #expect(try object(event)["occurredAt"] == nil) }
    }

    @Test func `each body is what the log accepts`() throws {
        var scenario = started()
        let required = [
            "message.sent": ["messageId", "channelId"], "message.edited": ["messageId", "length"],
            "message.read": ["channelId", "lastReadMessageId"], "reaction.added": ["messageId", "emoji"],
            "file.uploaded": ["file_type", "file_size", "file_name"], "task.created": ["taskId", "status", "title"],
            "user.updated": ["username", "displayName"], "task.assigned": ["taskId", "assignee"],
            "orchestrator.heartbeat": ["orchestratorId"],
            "conversation.created": ["channelId", "kind", "title", "private"],
            "member.added": ["userId", "role"],
        ]

        let events = scenario.opening() + scenario.history(until: noon)

        for event in events {
            let body = try object(event)
            #expect(EventType(event.type) != nil && body["eventType"] as? String == event.type)
            #expect(UserID(event.user) != nil && body["userId"] as? String == event.user)
            #expect(event.body.count < 1_024)
            let data = try data(event)
            for member in required[event.type] ?? [] { #expect(data[member] != nil, "\(event.type) lacks \(member)") }
            for name in ["messageId", "channelId", "taskId", "orchestratorId"] {
                if let id = data[name] as? String { #expect(EntityID(id) != nil) }
            }
        }
        #expect(Set(required.keys).isSubset(of: Set(events.map(\.type))))
    }

    @Test func `only members speak in a channel and only known messages are answered`() throws {
        var scenario = started()
        var members: [String: Set<String>] = [:]
        for event in scenario.opening() where event.type.hasPrefix("conversation.") {
            members[try #require(try data(event)["channelId"] as? String), default: []].insert(event.user)
        }
        var messages: Set<String> = []

        for event in scenario.history(until: noon) {
            let data = try data(event)
            if event.type == "message.sent" {
                let channel = try #require(data["channelId"] as? String)
                #expect(members[channel]?.contains(event.user) == true, "\(event.user) in \(channel)")
                #expect(messages.insert(try #require(data["messageId"] as? String)).inserted)
            }
            if event.type.hasPrefix("reaction.") || event.type == "message.edited" {
                #expect(messages.contains(try #require(data["messageId"] as? String)))
            }
        }

        #expect(messages.count > 1_000)
    }

    @Test func `at the end of the history the figures are plausible`() throws {
        var scenario = started()
        let events = scenario.history(until: noon)
        var statuses: [String: String] = [:]

        for event in events where event.type.hasPrefix("task.") {
            let data = try data(event)
            statuses[try #require(data["taskId"] as? String)] = data["status"] as? String
        }
        let recent = events.filter { $0.at > noon - 300_000 }
        let present = Set(
            recent.filter { ["user.online", "user.active", "user.action"].contains($0.type) }.map(\.user))
        let agents = Set(try recent.compactMap { try data($0)["orchestratorId"] as? String })

        #expect((2...12).contains(statuses.values.count { $0 == "in_progress" }))
        #expect((6...24).contains(present.count), "\(present.count) online")
        #expect((4...7).contains(agents.count), "\(agents.count) agents")
        #expect(Set(events.map(\.user)).count >= 20)
    }

    @Test func `repeating the opening repeats its ids`() throws {
        let ids = try started().opening().map { try object($0)["eventId"] as? String }
        let again = try DemoScenario(seed: 9, startingAt: 0).opening().map { try object($0)["eventId"] as? String }

        #expect(ids == again)
        #expect(Set(ids).count == ids.count && ids.count < 1_000)
    }
}
