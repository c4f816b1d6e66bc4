/// The value of one key, whatever it was read from.
package enum ConfigurationValue: Sendable, Equatable {
    case duration(Duration)
    /// In bytes.
    case size(Int)
    case integer(Int)
    case boolean(Bool)
    case text(String)
    case list([String])

    /// As one would write it in the environment: `90d`, `64KiB`, `a,b`.
    package var text: String {
        switch self {
        case .duration(let duration): DurationText.format(duration)
        case .size(let bytes): SizeText.format(bytes)
        case .integer(let integer): String(integer)
        case .boolean(let flag): String(flag)
        case .text(let text): text
        case .list(let items): items.joined(separator: ",")
        }
    }
}

/// Durations as people write them: digits and one of `ms s m h d`.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// - Returns: nil when `text` is not of that form or beyond 100,000 days; `0` needs no unit.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units.first(where: { $0.suffix == text[digits.endIndex...] }), let count = Int64(digits),
            count <= 100_000 * 86_400_000 / unit.milliseconds
        else { return nil }
        return .milliseconds(count * unit.milliseconds)
    }

    /// The shortest spelling that loses nothing above a millisecond; one day is `24h`, as people say it.
    package static func format(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds == 0 { return "0s" }
        if milliseconds == 86_400_000 { return "24h" }
        let unit = units.first { milliseconds % $0.milliseconds == 0 } ?? ("ms", 1)
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

extension Duration {
    /// Whole milliseconds, cut off.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

/// Sizes as people write them: digits and one of `B KiB MiB GiB`, or digits alone for bytes.
package enum SizeText {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024), ("B", 1), ("", 1),
    ]

    /// - Returns: nil when `text` is not of that form or beyond 1024 TiB.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units.first(where: { $0.suffix == text[digits.endIndex...] }), let count = Int(digits),
            count <= (1 << 50) / unit.bytes
        else { return nil }
        return count * unit.bytes
    }

    /// The shortest spelling that loses nothing.
    package static func format(_ bytes: Int) -> String {
        let unit = units.first { bytes % $0.bytes == 0 } ?? ("B", 1)
        return bytes == 0 ? "0B" : "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
