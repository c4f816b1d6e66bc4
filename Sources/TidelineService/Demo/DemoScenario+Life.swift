import Events

/// What happens in the harbor, and what follows from it.
extension DemoScenario {
    mutating func live(_ act: Act) {
        switch act {
        case .begin:
            begin()
            plan(.begin, in: pause())
        case .arrive: signOn()
        case .speak(let channel, let speakers, let left):
            speak(in: channel, among: speakers, left: left)
        case .react(let message, let channel, let user):
            let reaction = DemoObject().with("messageId", message).with("emoji", chance.pick(DemoCast.reactions))
            emit("reaction.added", by: user, reaction.with("channelId", channel))
        case .read(let message, let channel, let user):
            emit("message.read", by: user, DemoObject().with("channelId", channel).with("lastReadMessageId", message))
        case .edit(let message, let channel, let user):
            let length = Int64.random(in: 20...180, using: &chance)
            let edit = DemoObject().with("messageId", message).with("length", length).with("mentions", [])
            emit("message.edited", by: user, edit.with("channelId", channel))
        case .wake(let agent):
            isRunning[agent] = true
            report("started", of: agent)
            plan(.beat(agent: agent), in: 30_000)
        case .beat(let agent):
            beat(agent)
        }
    }

    /// Somebody who is there does something.
    private mutating func begin() {
        guard let person = online().randomElement(using: &chance) else { return signOn() }
        switch Int.random(in: 0..<100, using: &chance) {
        case ..<22: converse()
        case ..<58:
            let channel = chance.pick(channels(of: person)).id
            emit("user.active", by: person, DemoObject().with("channelId", channel).with("action", "viewed"))
        case ..<68: emit("user.action", by: person, DemoObject().with("action", chance.pick(DemoCast.actions)))
        case ..<78: online().count < crew() ? signOn() : signOff()
        case ..<84: share(by: person)
        default: work(person)
        }
    }

    // MARK: Presence

    /// Those with a device signed on, in a fixed order.
    private func online() -> [String] { devices.keys.sorted() }

    /// How many should be there at this hour; a little chance keeps people coming and going.
    private mutating func crew() -> Int {
        let hour = Int(time / 3_600_000 + 1) % 24
        return Int(DemoCast.rhythm[hour] * 13) + Int.random(in: -3...3, using: &chance)
    }

    private mutating func signOn() {
        let person = chance.pick(DemoCast.people)
        let device = chance.chance(70) ? person.devices[0] : person.devices[1]
        if devices[person.id]?.contains(device) == true { return }
        made += 1
        if devices[person.id] == nil { sessions[person.id] = "s-\(run)-\(made)" }
        devices[person.id, default: []].append(device)
        emit("user.online", by: person.id, DemoObject().with("deviceId", device))
        if time - (profileShownAt[person.id] ?? .min / 2) > 45 * 60_000 {
            profileShownAt[person.id] = time
            let profile = DemoObject().with("username", person.id).with("displayName", person.name)
            emit("user.updated", by: person.id, profile)
        }
    }

    private mutating func signOff() {
        guard let person = online().randomElement(using: &chance), let device = devices[person]?.last else { return }
        emit("user.offline", by: person, DemoObject().with("deviceId", device))
        devices[person]?.removeLast()
        if devices[person]?.isEmpty == true {
            devices[person] = nil
            sessions[person] = nil
        }
    }

    // MARK: Talk

    private func channels(of person: String) -> [DemoCast.Channel] {
        DemoCast.channels.filter { !$0.isPrivate && DemoCast.members(of: $0).contains(person) }
    }

    /// A few of those present start to talk in one of their channels.
    private mutating func converse() {
        let weighted = DemoCast.channels.flatMap { Array(repeating: $0, count: $0.weight) }
        let channel = chance.pick(weighted)
        let present = DemoCast.members(of: channel).filter { devices[$0] != nil }.shuffled(using: &chance)
        guard present.count >= 2 else { return }
        let speakers = Array(present.prefix(Int.random(in: 2...4, using: &chance)))
        plan(.speak(channel: channel.id, speakers: speakers, left: Int.random(in: 2...8, using: &chance)), in: 0)
    }

    /// One message; what others do with it follows within the next seconds, then the next one.
    private mutating func speak(in channel: String, among speakers: [String], left: Int) {
        let present = speakers.filter { devices[$0] != nil }
        guard let author = present.randomElement(using: &chance) else { return }
        let others = present.filter { $0 != author }
        let mentions = chance.chance(12) ? others.prefix(1).map { $0 } : []
        let message = say(in: channel, by: author, kind: chance.chance(5) ? "image" : "text", mentions: mentions)
        for user in others where chance.chance(22) {
            plan(
                .react(message: message, channel: channel, user: user),
                in: Int64.random(in: 1_500...20_000, using: &chance))
        }
        for user in others where left == 1 || chance.chance(15) {
            plan(
                .read(message: message, channel: channel, user: user), in: Int64.random(in: 800...9_000, using: &chance)
            )
        }
        if chance.chance(4) { plan(.edit(message: message, channel: channel, user: author), in: 12_000) }
        guard left > 1 else { return }
        let again = Act.speak(channel: channel, speakers: speakers, left: left - 1)
        plan(again, in: 1_200 + chance.wait(mean: 4_500))
    }

    private mutating func say(in channel: String, by author: String, kind: String, mentions: [String] = []) -> String {
        made += 1
        let message = "m-\(run)-\(made)"
        let length = kind == "text" ? Int64.random(in: 8...220, using: &chance) : 0
        let data = DemoObject().with("messageId", message).with("channelId", channel).with("messageType", kind)
            .with("length", length).with("mentions", mentions)
        emit("message.sent", by: author, data)
        return message
    }

    private mutating func share(by person: String) {
        let channel = chance.pick(channels(of: person)).id
        let file = chance.pick(DemoCast.files)
        let name = "\(file.name)-\(Int.random(in: 100...999, using: &chance)).\(file.type)"
        let size = Int64.random(in: 12_000...4_800_000, using: &chance)
        let data = DemoObject().with("channelId", channel).with("file_type", file.type).with("file_size", size)
        emit("file.uploaded", by: person, data.with("file_name", name))
        _ = say(in: channel, by: person, kind: file.type == "jpg" || file.type == "png" ? "image" : "file")
    }

    // MARK: Work

    /// Brings a task one step further, or makes a new one when few are left.
    private mutating func work(_ person: String) {
        if tasks.count < 6 || (tasks.count < 14 && chance.chance(35)) { return create(by: person) }
        let place = Int.random(in: 0..<tasks.count, using: &chance)
        switch tasks[place].status {
        case "todo" where tasks[place].assignee == nil:
            tasks[place].assignee = chance.pick(online())
            tell("task.assigned", of: tasks[place], by: person)
        case "todo":
            tasks[place].status = "in_progress"
            tell("task.updated", of: tasks[place], by: tasks[place].assignee ?? person)
        default:
            tasks[place].status = "completed"
            tell("task.completed", of: tasks[place], by: tasks[place].assignee ?? person)
            tasks.remove(at: place)
        }
    }

    private mutating func create(by person: String) {
        made += 1
        let inHand = Set(tasks.map(\.title))
        let title = chance.pick(DemoCast.taskTitles.filter { !inHand.contains($0) })
        let task = Task(id: "t-\(run)-\(made)", title: title, creator: person, assignee: nil, status: "todo")
        tasks.append(task)
        tell("task.created", of: task, by: person)
    }

    private mutating func tell(_ type: String, of task: Task, by person: String) {
        let data = DemoObject().with("taskId", task.id).with("status", task.status).with("title", task.title)
        emit(type, by: person, data.with("assignee", task.assignee))
    }

    /// A heartbeat a minute; now and then an agent finishes, and comes back some minutes later.
    private mutating func beat(_ agent: Int) {
        guard isRunning[agent] else { return }
        if chance.chance(3) {
            isRunning[agent] = false
            report("stopped", of: agent)
            plan(.wake(agent: agent), in: Int64.random(in: 120_000...900_000, using: &chance))
        } else {
            report("heartbeat", of: agent)
            plan(.beat(agent: agent), in: 60_000)
        }
    }

    private mutating func report(_ change: String, of agent: Int) {
        let (id, keeper) = DemoCast.agents[agent]
        emit("orchestrator.\(change)", by: keeper, DemoObject().with("orchestratorId", id))
    }
}
