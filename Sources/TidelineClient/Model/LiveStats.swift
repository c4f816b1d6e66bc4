public import Foundation

/// The live figures of a workspace at one moment. `GET /api/definitions` of a server says what each of them counts.
public struct LiveStats: Sendable, Hashable, Codable {
    /// Distinct users with any event in the last 24 hours.
    public var activeUsers: Int
    /// Users with an open stream, or present within the last five minutes.
    public var onlineUsers: Int
    /// Distinct sessions with an event in the last 30 minutes.
    public var activeSessions: Int
    /// Messages of the last 60 minutes that have not been deleted.
    public var messagesLastHour: Int
    /// Messages of the workspace's local day.
    public var messagesToday: Int
    /// Channels with a message in the last 24 hours.
    public var activeChannels: Int
    /// Agents that have started, not stopped, and given a sign of life within five minutes.
    public var activeOrchestrators: Int
    /// Tasks whose last status is `in_progress`.
    public var tasksInProgress: Int
    /// Events of the local day by type; types beyond the server's limit count under `other`.
    public var eventCounts: [String: Int]
    /// When the figures were computed, by the server's clock.
    public var timestamp: Date
    /// The number of the last event that they cover.
    public var asOf: Int64?
}
