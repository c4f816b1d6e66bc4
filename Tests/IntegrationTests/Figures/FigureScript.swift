/// Makes up events from a seed, as bodies to post: few ids, so that they meet, and times that like the edges of windows.
struct FigureScript {
    /// SplitMix64: the same events on every machine.
    struct Chance: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &self)]
        }
        mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
    }

    private var chance: Chance
    /// Tells the ids of several scripts on one workspace apart; messages are shared.
    private let name: String
    private var made = 0
    /// Bodies with an `eventId`, to be posted again.
    private var repeatable: [[String: TestJSON]] = []

    init(_ name: String, seed: UInt64) {
        self.name = name
        chance = Chance(seed: seed)
    }

    /// The next events, around the moment `now`.
    mutating func events(_ count: Int, around now: Int64) -> [TestJSON] {
        (0..<count).map { _ in .object(event(around: now)) }
    }

    /// A batch of NDJSON.
    mutating func batch(_ count: Int, around now: Int64) -> [UInt8] {
        Array(events(count, around: now).map { $0.text + "\n" }.joined().utf8)
    }

    private mutating func event(around now: Int64) -> [String: TestJSON] {
        made += 1
        if chance.oneIn(25), let earlier = repeatable.randomElement(using: &chance) {
            if !chance.oneIn(4) { return earlier }
            return earlier.merging(["eventData": ["changed": true], "eventType": "custom.conflict"]) { $1 }
        }
        let (type, data) = content()
        var body: [String: TestJSON] = ["eventType": .string(type), "eventData": data, "userId": user()]
        if chance.oneIn(2) { body["sessionId"] = chance.pick(["s-1", "s-2", "s-3", "s-4", 5]) }
        if !chance.oneIn(12) { body["occurredAt"] = time(around: now) }
        if chance.oneIn(5) {
            body["eventId"] = .string("\(name)-e\(made)")
            repeatable.append(body)
        }
        return body
    }

    private mutating func user() -> TestJSON {
        if chance.oneIn(40) { return "tideline:probe" }
        return chance.oneIn(300) ? .string("rare-\(made)") : chance.pick(["ana", "ben", "cem", "dov", "eva", "fay", 7])
    }

    private mutating func content() -> (String, TestJSON) {
        let channel = TestJSON.string("c-\(Int.random(in: 1...(chance.oneIn(4) ? 30 : 4), using: &chance))")
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<28:
            let kind = chance.pick(["text", "text", "text", "system"])
            let length = Int64.random(in: 1...200, using: &chance)
            var data: TestJSON = ["channelId": channel, "messageType": .string(kind), "length": .integer(length)]
            // Without an id the event's own is the message's.
            if !chance.oneIn(8), case .object(var members) = data {
                members["messageId"] = message()
                data = .object(members)
            }
            return ("message.sent", data)
        case 28..<44: return ("message.deleted", ["messageId": message()])
        case 44..<49: return ("message.edited", ["messageId": message(), "length": 9])
        case 49..<53: return ("reaction.added", ["message_id": message(), "emoji": "+1"])
        case 53..<62: return (chance.pick(["user.online", "user.active", "user.action"]), device())
        case 62..<68: return ("user.offline", device())
        case 68..<71: return ("orchestrator.started", ["orchestratorId": orchestrator()])
        case 71..<76: return ("orchestrator.heartbeat", ["orchestrator_id": orchestrator()])
        case 76..<79: return ("orchestrator.stopped", ["orchestratorId": orchestrator()])
        case 79..<88: return task()
        case 88: return ("workspace.updated", chance.oneIn(3) ? ["tz": chance.pick(Self.zones)] : ["name": "x"])
        case 89..<92: return ("message.read", ["channelId": channel, "lastReadMessageId": message()])
        default:
            let kind =
                chance.oneIn(2) ? Int.random(in: 1...12, using: &chance) : Int.random(in: 1...400, using: &chance)
            return ("custom.kind\(kind)", ["n": .integer(Int64(kind))])
        }
    }

    private static let zones: [TestJSON] = [
        "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati",
    ]

    /// Near the latest, so that most deletes find a message that lives, and some ids are used twice.
    private mutating func message() -> TestJSON {
        .string("m-\(made / 3 + Int.random(in: 1...15, using: &chance))")
    }

    private mutating func device() -> TestJSON {
        chance.pick([[:], ["deviceId": "phone"], ["device_id": "desk"], ["deviceId": .null], ["deviceId": 3]])
    }

    private mutating func orchestrator() -> TestJSON { chance.pick(["o-1", "o-2", "o-3", "o-4"]) }

    private mutating func task() -> (String, TestJSON) {
        let id = TestJSON.string("t-\(Int.random(in: 1...40, using: &chance))")
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: return ("task.created", ["taskId": id, "title": "Write"])
        case 1: return ("task.completed", ["taskId": id])
        case 2: return ("task.assigned", ["task_id": id, "assignee": "ana"])
        default:
            return ("task.updated", ["taskId": id, "status": chance.pick(["in_progress", "in_progress", "blocked"])])
        }
    }

    /// Most now; some late, up to days; some ahead, also further than is allowed; some at an edge.
    private mutating func time(around now: Int64) -> TestJSON {
        let time =
            switch Int.random(in: 0..<20, using: &chance) {
            case 0..<8: now
            case 8..<11: now - Int64.random(in: 0...600_000, using: &chance)
            case 11, 12: now - Int64.random(in: 0...90_000_000, using: &chance)
            case 13: now - Int64.random(in: 0...600_000_000, using: &chance)
            case 14, 15: now + Int64.random(in: 1...300_000, using: &chance)
            case 16: now + Int64.random(in: 300_000...9_000_000, using: &chance)
            case 17: now - chance.pick([86_400_000, 300_000, 1_800_000]) + Int64.random(in: 0...4_000, using: &chance)
            case 18: (now / 60_000 - chance.pick([0, 59])) * 60_000 - Int64.random(in: 0...1, using: &chance)
            default: (now / 900_000) * 900_000 - Int64.random(in: 0...1, using: &chance)
            }
        return .integer(time)
    }
}
