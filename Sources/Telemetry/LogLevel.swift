/// How much attention a log line asks for.
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    /// The life of a connection.
    case debug
    /// The life of the process.
    case info
    /// Someone should look.
    case warning
    /// Data or service was lost.
    case error

    /// The word on the line and in the configuration (`log.level`).
    package var text: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// - Returns: nil for anything but the four words.
    package init?(_ text: String) {
        guard let level = Self.allCases.first(where: { $0.text == text }) else { return nil }
        self = level
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
