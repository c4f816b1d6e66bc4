import Events

/// A log as a writer would commit it: gives seqs, and the record of the message that an event is about.
struct LogScript {
    private(set) var events: [CommittedEvent] = []
    private var messages: [MessageID: MessageRecord] = [:]

    var head: SequenceNumber { SequenceNumber(events.count) }

    @discardableResult
    mutating func append(
        _ type: String, _ facts: EventFacts = .other, by user: String = "u1", session: String? = nil,
        channel: String? = nil, at occurredAt: Milliseconds, receivedAt: Milliseconds? = nil
    ) -> CommittedEvent {
        let sequence = head + 1
        let channel = channel.map { ChannelID(validated: $0) }
        let committed = CommittedEvent(
            event: Event(
                workspace: WorkspaceKey(1), eventID: EventID(validated: "e\(sequence)"), sequence: sequence,
                type: EventType(validated: type), user: UserID(validated: user),
                session: session.map { SessionID(validated: $0) }, channel: channel, entity: nil,
                occurredAt: occurredAt, receivedAt: receivedAt ?? occurredAt, data: []),
            facts: facts, target: target(of: facts))
        note(committed)
        events.append(committed)
        return committed
    }

    @discardableResult
    mutating func send(
        _ message: String, in channel: String = "c1", by user: String = "u1", at time: Milliseconds
    ) -> CommittedEvent {
        append(
            "message.sent",
            .messageSent(message: MessageID(validated: message), type: .text, length: 1, mentions: []),
            by: user, channel: channel, at: time)
    }

    @discardableResult
    mutating func delete(_ message: String, at time: Milliseconds) -> CommittedEvent {
        append("message.deleted", .messageDeleted(message: MessageID(validated: message)), at: time)
    }

    private func target(of facts: EventFacts) -> MessageRecord? {
        switch facts {
        case .messageSent(let message?, _, _, _), .messageDeleted(let message): messages[message]
        default: nil
        }
    }

    private mutating func note(_ committed: CommittedEvent) {
        let event = committed.event
        switch committed.facts {
        case .messageSent(let message?, _, _, _) where committed.target == nil:
            guard let channel = event.channel else { return }
            messages[message] = MessageRecord(
                channel: channel, sequence: event.sequence, sender: event.user, occurredAt: event.occurredAt,
                isDeleted: false)
        case .messageDeleted(let message):
            guard let old = messages[message] else { return }
            messages[message] = MessageRecord(
                channel: old.channel, sequence: old.sequence, sender: old.sender, occurredAt: old.occurredAt,
                isDeleted: true)
        default: break
        }
    }
}
