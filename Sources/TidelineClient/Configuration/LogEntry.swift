/// One line for a log of yours. It never holds a token.
public struct LogEntry: Sendable, Hashable {
    /// How much it matters.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        /// The life of a connection.
        case debug
        /// Something that should be looked at: a failure, retried or not.
        case warning
    }

    /// How much it matters.
    public let level: Level
    /// What happened: lower-case and constant.
    public let message: String
    /// The particulars, by stable names: `workspace`, `attempt`, `delay`, `error`, …
    public let metadata: [String: String]
}
