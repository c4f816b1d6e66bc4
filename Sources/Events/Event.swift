/// A committed event: what the log holds, and the only thing a projection or a stream is made from.
package struct Event: Sendable, Equatable {
    package let workspace: WorkspaceKey
    package let eventID: EventID
    /// Its place in the workspace's log.
    package let sequence: SequenceNumber
    package let type: EventType
    /// Who did it.
    package let user: UserID
    package let session: SessionID?
    /// The channel it belongs to, also where the payload names only a message; decides who may see it.
    package let channel: ChannelID?
    package let entity: Entity?
    /// When it happened, as the client says; clamped to ``receivedAt`` when more than five minutes ahead of it.
    package let occurredAt: Milliseconds
    package let receivedAt: Milliseconds
    /// `eventData`: compact JSON, otherwise the bytes that were sent.
    package let data: [UInt8]

    package init(
        workspace: WorkspaceKey, eventID: EventID, sequence: SequenceNumber, type: EventType, user: UserID,
        session: SessionID?, channel: ChannelID?, entity: Entity?, occurredAt: Milliseconds, receivedAt: Milliseconds,
        data: [UInt8]
    ) {
        self.workspace = workspace
        self.eventID = eventID
        self.sequence = sequence
        self.type = type
        self.user = user
        self.session = session
        self.channel = channel
        self.entity = entity
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.data = data
    }
}

/// What an event is about: `{"type": "task", "id": "t-1"}`.
package struct Entity: Hashable, Sendable {
    /// A lower-case noun from the catalogue: `message`, `task`, `orchestrator`, `conversation`, `user`, `workspace`.
    package let type: String
    package let id: EntityID

    package init(type: String, id: EntityID) {
        self.type = type
        self.id = id
    }
}
