public import Foundation

/// One event of a workspace's log.
public struct LoggedEvent: Sendable, Hashable, Decodable, Identifiable {
    /// What the event is about.
    public struct Entity: Sendable, Hashable, Codable {
        /// Such as `task` or `message`.
        public var type: String
        /// Its id, unique among those of its type.
        public var id: String
    }

    /// The event's own id: given by who sent it, or a UUIDv7.
    public var eventID: String
    /// The workspace whose log holds the event.
    public var workspaceID: String
    /// Its gapless number in that log.
    public var sequence: Int64
    /// Its position, where a stream can go on from. Opaque: compare for equality only.
    public var id: String
    /// Such as `task.created`.
    public var type: String
    /// Who did it.
    public var userID: String
    /// The session it belongs to, where the sender named one.
    public var sessionID: String?
    /// When it happened, as its sender says.
    public var occurredAt: Date
    /// When the server got it.
    public var receivedAt: Date
    /// What it is about, where its type says so.
    public var entity: Entity?
    /// The payload, always an object.
    public var data: JSONValue

    private enum CodingKeys: String, CodingKey {
        case eventID = "eventId"
        case workspaceID = "workspaceId"
        case sequence = "seq"
        case id
        case type = "eventType"
        case userID = "userId"
        case sessionID = "sessionId"
        case occurredAt, receivedAt, entity
        case data = "eventData"
    }
}
