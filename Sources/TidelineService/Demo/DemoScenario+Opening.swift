import Events

extension DemoScenario {
    /// What a new workspace needs before its history: its people, their names, and the channels with their members.
    ///
    /// Needs an admin credential (`member.added`). Every event carries its own `eventId` and no `occurredAt`, so that
    /// posting the same opening again stores nothing. The workspace itself is made by the server.
    package func opening() -> [DemoEvent] {
        var events: [DemoEvent] = []
        func add(_ type: String, by user: String, _ data: DemoObject) {
            let body = DemoObject().with("eventType", type).with("eventData", data)
                .with("eventId", "demo-opening-\(events.count + 1)").with("userId", user)
            events.append(DemoEvent(at: time, user: user, type: type, body: Array(body.json.utf8)))
        }
        for (place, person) in DemoCast.people.enumerated() {
            let role = place == 0 ? "admin" : "member"
            add("member.added", by: DemoCast.people[0].id, DemoObject().with("userId", person.id).with("role", role))
            let profile = DemoObject().with("username", person.id).with("displayName", person.name)
            add("user.updated", by: person.id, profile)
        }
        for channel in DemoCast.channels {
            let members = DemoCast.members(of: channel)
            let data = DemoObject().with("channelId", channel.id).with("kind", channel.kind)
                .with("title", channel.title).with("private", channel.isPrivate)
            add("conversation.created", by: members[0], data)
            for member in members.dropFirst() {
                add(
                    "conversation.joined", by: member, DemoObject().with("channelId", channel.id).with("userId", member)
                )
            }
        }
        return events
    }
}
