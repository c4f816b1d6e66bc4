/// A committed event with what only the writer knows of it; handed to folds and streams in commit order.
package struct CommittedEvent: Sendable {
    package let event: Event
    package let facts: EventFacts
    /// The message that a `message.*` or `reaction.*` event is about, as the log had it **before** this event;
    /// for `message.sent` non-nil only when the id was taken already (the event then counts in no message figure).
    package let target: MessageRecord?

    package init(event: Event, facts: EventFacts, target: MessageRecord?) {
        self.event = event
        self.facts = facts
        self.target = target
    }
}

/// A row of `message_keys`: what the log knows of a message.
package struct MessageRecord: Sendable, Equatable {
    package let channel: ChannelID
    /// The seq of its `message.sent`.
    package let sequence: SequenceNumber
    package let sender: UserID
    package let occurredAt: Milliseconds
    package let isDeleted: Bool

    package init(
        channel: ChannelID, sequence: SequenceNumber, sender: UserID, occurredAt: Milliseconds, isDeleted: Bool
    ) {
        self.channel = channel
        self.sequence = sequence
        self.sender = sender
        self.occurredAt = occurredAt
        self.isDeleted = isDeleted
    }
}
