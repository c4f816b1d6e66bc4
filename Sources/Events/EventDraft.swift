/// A validated event that awaits its append: everything the client said, nothing the log decides.
package struct EventDraft: Sendable, Equatable {
    /// nil: the writer gives a UUIDv7.
    package var eventID: EventID?
    package var type: EventType
    /// The credential's user, or for ingest and admin the one the body names.
    package var user: UserID
    package var session: SessionID?
    /// The payload's `channelId`; nil where there is none (the writer then takes the channel of the message named).
    package var channel: ChannelID?
    package var entity: Entity?
    /// nil: the time of the append.
    package var occurredAt: Milliseconds?
    /// Compact `eventData`, `preview` already taken out.
    package var data: [UInt8]
    /// `preview` of a message, at most 140 characters; kept only in mention rows.
    package var preview: String?
    package var facts: EventFacts
    /// The `messageId` of a payload whose facts name no message (comments, custom types): the event belongs to that
    /// message's channel, so that what is private stays so.
    package var about: MessageID?
    /// The `Idempotency-Key` header of a single POST.
    package var idempotencyKey: String?
    /// 16 bytes over the compact bytes of type, data, sessionId, and userId/occurredAt where given.
    package var contentHash: [UInt8]

    package init(
        eventID: EventID? = nil, type: EventType, user: UserID, session: SessionID? = nil, channel: ChannelID? = nil,
        entity: Entity? = nil, occurredAt: Milliseconds? = nil, data: [UInt8], preview: String? = nil,
        facts: EventFacts, about: MessageID? = nil,
        idempotencyKey: String? = nil, contentHash: [UInt8] = []
    ) {
        self.eventID = eventID
        self.type = type
        self.user = user
        self.session = session
        self.channel = channel
        self.entity = entity
        self.occurredAt = occurredAt
        self.data = data
        self.preview = preview
        self.facts = facts
        self.about = about
        self.idempotencyKey = idempotencyKey
        self.contentHash = contentHash
    }
}
