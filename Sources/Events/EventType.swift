/// The type of an event: `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`, at most 64 bytes.
package struct EventType: Hashable, Sendable, CustomStringConvertible {
    /// The longest type, in bytes.
    package static let maximumBytes = 64

    /// The type as it was given, for instance `message.sent`.
    package let text: String

    /// - Returns: nil when `text` does not match the pattern.
    package init?(_ text: String) {
        guard Self.isValid(text.utf8) else { return nil }
        self.text = text
    }

    /// A type that comes from our own store or code, where it was validated before.
    package init(validated text: String) { self.text = text }

    package var description: String { text }

    /// Whether `bytes` match the pattern; each dot must be followed by a lower-case letter, and there is at least one dot.
    package static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        var length = 0
        var dots = 0
        var startsPart = true
        for byte in bytes {
            length += 1
            if length > maximumBytes { return false }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                startsPart = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                if startsPart { return false }
            case UInt8(ascii: "."):
                if startsPart { return false }
                dots += 1
                startsPart = true
            default:
                return false
            }
        }
        return dots >= 1 && !startsPart
    }
}
