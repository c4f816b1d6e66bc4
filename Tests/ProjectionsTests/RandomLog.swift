import Events
import Projections

/// Makes up events from a seed: few ids, so that they meet, and times that like to lie on the edges of windows.
struct RandomLog {
    static let zones = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
    /// Hours before a local midnight or a change of clocks in one of the zones, all in 2025.
    static let starts: [Milliseconds] = [
        1_743_278_400_000,  // 29 March 20:00 UTC: Berlin springs forward at 01:00 UTC
        1_761_422_400_000,  // 25 October 20:00 UTC: Berlin falls back
        1_741_492_800_000,  // 9 March 04:00 UTC: New York springs forward at 07:00 UTC
        1_762_056_000_000,  // 2 November 04:00 UTC: New York falls back
        1_750_010_400_000,  // 15 June 18:00 UTC: midnight in Kathmandu is at 18:15
    ]

    var generator: SeededGenerator
    let settings: LiveStatsSettings
    private(set) var script = LogScript()
    private(set) var now: Milliseconds
    /// Half of the logs have so few users and devices that beats and departures of one device meet.
    private let users: [String]
    private let devices: [String]
    private let channels: [String]

    init(seed: Int, settings: LiveStatsSettings) {
        generator = SeededGenerator(seed: seed)
        self.settings = settings
        users = seed % 2 == 0 ? ["u1", "u2"] : ["u1", "u2", "u3", "u4", "u5"]
        devices = seed % 2 == 0 ? [""] : ["", "phone", "desk"]
        channels = seed % 4 < 2 ? ["c1", "c2", "c3"] : (1...40).map { "c\($0)" }
        now = generator.pick(Self.starts) + Int64.random(in: 0..<14_400_000, using: &generator)
    }

    /// Lets some time pass; now and then hours.
    mutating func pass() {
        let longest: Int64 = generator.oneIn(25) ? 30_000_000 : generator.oneIn(4) ? 600_000 : 20_000
        now += Int64.random(in: 0...longest, using: &generator)
        if generator.oneIn(10) { now = (now / 60_000 + 1) * 60_000 - Int64.random(in: 0...1, using: &generator) }
    }

    mutating func append() -> CommittedEvent {
        let time = occurredAt()
        let user = generator.pick(users)
        let session = generator.oneIn(3) ? nil : generator.pick(["s1", "s2", "s3", "s4"])
        let device = generator.pick(devices)
        let id = EntityID(validated: "x\(Int.random(in: 1...4, using: &generator))")
        func add(_ type: String, _ facts: EventFacts, channel: String? = nil) -> CommittedEvent {
            script.append(
                type, facts, by: user, session: session, channel: channel, at: time, receivedAt: now)
        }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<25:
            return add(
                "message.sent",
                .messageSent(message: message(), type: generator.oneIn(9) ? .system : .text, length: 1, mentions: []),
                channel: generator.pick(channels))
        case 25..<45: return add("message.deleted", .messageDeleted(message: message()))
        case 45..<55: return add(generator.pick(["user.online", "user.active"]), .present(device: device))
        case 55..<64: return add("user.offline", .absent(device: device))
        case 64..<67: return add("orchestrator.started", .orchestrator(id: id, .started))
        case 67..<73: return add("orchestrator.heartbeat", .orchestrator(id: id, .heartbeat))
        case 73..<76: return add("orchestrator.stopped", .orchestrator(id: id, .stopped))
        case 76..<84:
            return add("task.updated", .task(id: id, status: generator.pick(["in_progress", "open", nil])))
        case 84: return add("workspace.updated", .workspace(slug: nil, timeZone: generator.pick(Self.zones + [nil])))
        default: return add("custom.t\(Int.random(in: 1...9, using: &generator))", .other)
        }
    }

    private mutating func message() -> MessageID {
        // Near the latest, so that most deletes find a message that lives.
        MessageID(validated: "m\(Int(script.head) / 6 + Int.random(in: 1...9, using: &generator))")
    }

    private mutating func occurredAt() -> Milliseconds {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<11: now
        case 11..<13: now - Int64.random(in: 0...600_000, using: &generator)
        case 13: now - Int64.random(in: 0...110_000_000, using: &generator)
        case 14..<17: now + Int64.random(in: 1...300_000, using: &generator)
        case 17:
            now - generator.pick([settings.activeUserWindow, settings.onlineWindow, settings.sessionWindow, 3_540_000])
                + Int64.random(in: -1...1, using: &generator)
        case 18: (now / 60_000) * 60_000 - Int64.random(in: 0...1, using: &generator)
        default: (now / 900_000) * 900_000 - Int64.random(in: 0...1, using: &generator)
        }
    }
}
