package import Events

/// `?types=message.*,task.completed`: which event types a stream asked for.
package struct TypeFilter: Hashable, Sendable {
    /// The most patterns one filter may hold.
    package static let maximumPatterns = 32

    /// Exact types, sorted.
    private let exact: [String]
    /// What stands before `*`, its dot included, sorted.
    private let prefixes: [String]

    /// - Returns: nil when `text` holds no pattern, too many, or one that is neither a type nor `<prefix>.*`.
    package init?(_ text: String) {
        var exact: Set<String> = []
        var prefixes: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if part.hasSuffix(".*") {
                // `message.*` is well-formed when `message.x` would be a type.
                guard EventType(String(part.dropLast()) + "x") != nil else { return nil }
                prefixes.insert(String(part.dropLast()))
            } else {
                guard let type = EventType(String(part)) else { return nil }
                exact.insert(type.text)
            }
            if exact.count + prefixes.count > Self.maximumPatterns { return nil }
        }
        self.exact = exact.sorted()
        self.prefixes = prefixes.sorted()
    }

    /// As they were given, though sorted.
    package var patterns: [String] { exact + prefixes.map { $0 + "*" } }

    package func matches(_ type: EventType) -> Bool {
        exact.contains(type.text) || prefixes.contains { type.text.utf8.starts(with: $0.utf8) }
    }
}
