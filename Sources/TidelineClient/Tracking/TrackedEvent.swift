public import Foundation

/// The server's receipt for an event: it is durable.
public struct TrackedEvent: Sendable, Hashable, Decodable {
    /// The event's own id.
    public var eventID: String
    /// Its gapless number in the workspace's log.
    public var sequence: Int64
    /// Its position, where a stream can go on from.
    public var id: String
    /// Its type.
    public var type: String
    /// How many open streams it was addressed to; 0 for a repeat.
    public var notified: Int
    /// Whether an earlier attempt had stored it already.
    public var isDuplicate: Bool
    /// When the server got it.
    public var receivedAt: Date

    private enum CodingKeys: String, CodingKey {
        case eventID = "eventId"
        case sequence = "seq"
        case id
        case type = "eventType"
        case notified
        case isDuplicate = "duplicate"
        case receivedAt
    }

    /// Reads the answer to a POST.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        eventID = try members.decode(String.self, forKey: .eventID)
        sequence = try members.decode(Int64.self, forKey: .sequence)
        id = try members.decode(String.self, forKey: .id)
        type = try members.decode(String.self, forKey: .type)
        notified = try members.decode(Int.self, forKey: .notified)
        isDuplicate = try members.decodeIfPresent(Bool.self, forKey: .isDuplicate) ?? false
        receivedAt = try members.decode(Date.self, forKey: .receivedAt)
    }
}
