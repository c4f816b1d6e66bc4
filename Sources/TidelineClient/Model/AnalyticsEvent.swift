public import Foundation
public import ServerSentEvents

/// What a feed delivers.
public enum AnalyticsEvent: Sendable, Hashable {
    /// The stream has begun. Not delivered while the feed polls.
    case connected(Connected)
    /// The live figures: at once after `connected`, then every few seconds.
    case stats(LiveStats)
    /// An event of the log; each once, in the order of their numbers.
    case event(LoggedEvent)
    /// A sign of life.
    case ping(Ping)
    /// The server is about to end the stream; the feed comes back by itself after the time it was given.
    case closing(Closing)
    /// Events between the position and `head` were not and will not be delivered; what was derived from earlier events
    /// should be loaded anew.
    case reset(Reset)
    /// A type this version does not know, or a payload that does not decode: as it came.
    case unknown(ServerSentEvent)

    /// The first words of a stream.
    public struct Connected: Sendable, Hashable, Decodable {
        /// This stream, as the server's logs and its list of connections name it.
        public var connectionID: String
        /// The workspace's id, also when it was addressed by its slug.
        public var workspaceID: String
        /// When it began, by the server's clock.
        public var timestamp: Date
        /// The time between two signs of life.
        public var heartbeat: Duration?

        private enum CodingKeys: String, CodingKey {
            case connectionID = "connectionId"
            case workspaceID = "workspaceId"
            case timestamp, heartbeat
        }

        /// Reads the data of a `connected` event; the heartbeat is in milliseconds there.
        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            connectionID = try members.decode(String.self, forKey: .connectionID)
            workspaceID = try members.decode(String.self, forKey: .workspaceID)
            timestamp = try members.decode(Date.self, forKey: .timestamp)
            heartbeat = try members.decodeIfPresent(Int64.self, forKey: .heartbeat).map { .milliseconds($0) }
        }
    }

    /// A sign of life.
    public struct Ping: Sendable, Hashable, Decodable {
        /// When it was sent, by the server's clock.
        public var timestamp: Date

        private enum CodingKeys: String, CodingKey { case timestamp }

        /// Reads the data of a `ping` event: milliseconds since 1970.
        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            timestamp = Date(timeIntervalSince1970: try members.decode(Double.self, forKey: .timestamp) / 1_000)
        }
    }

    /// Why the server ends a stream.
    public struct Closing: Sendable, Hashable, Decodable {
        /// `max_age`, `slow_consumer`, `admin`, `shutdown`, `auth_expired` or `capacity`; later servers may have more.
        public var reason: String
        /// How long to stay away.
        public var retryAfter: Duration?

        private enum CodingKeys: String, CodingKey {
            case reason
            case retryAfter = "retryMs"
        }

        /// Reads the data of a `closing` event; the time is in milliseconds there.
        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            reason = try members.decode(String.self, forKey: .reason)
            retryAfter = try members.decodeIfPresent(Int64.self, forKey: .retryAfter).map { .milliseconds($0) }
        }
    }

    /// The position could not be resumed exactly.
    public struct Reset: Sendable, Hashable, Decodable {
        /// `pruned`, `epoch`, `ahead` or `too_far`; later servers may have more.
        public var reason: String
        /// Where the feed goes on.
        public var head: String?
        /// From where `GET /api/workspaces/{w}/events?after=` gives what can still be read.
        public var next: String?
    }
}

extension AnalyticsEvent {
    /// Reads an event of a stream; what cannot be read is `unknown`, never an error.
    package init(_ event: ServerSentEvent) {
        self = (try? Self.known(event)) ?? .unknown(event)
    }

    private static func known(_ event: ServerSentEvent) throws -> AnalyticsEvent? {
        let data = event.data.utf8
        switch event.type {
        case "connected": return .connected(try WireFormat.decode(Connected.self, from: data))
        case "stats": return .stats(try WireFormat.decode(LiveStats.self, from: data))
        case "event": return .event(try WireFormat.decode(LoggedEvent.self, from: data))
        case "ping": return .ping(try WireFormat.decode(Ping.self, from: data))
        case "closing": return .closing(try WireFormat.decode(Closing.self, from: data))
        case "reset": return .reset(try WireFormat.decode(Reset.self, from: data))
        default: return nil
        }
    }
}
