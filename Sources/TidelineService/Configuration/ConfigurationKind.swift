/// What a key holds, and how to read it from text and from the file.
package enum ConfigurationKind: Sendable, Equatable {
    /// `orZero`: zero is allowed below the range, and means "off" or "for ever".
    case duration(ClosedRange<Duration>, orZero: Bool)
    case size(ClosedRange<Int>)
    case integer(ClosedRange<Int>)
    case boolean
    case text
    /// `orNone`: may be empty.
    case list(orNone: Bool)
    case choice([String])

    /// What may stand there, with an example where it helps.
    package var expectation: String {
        switch self {
        case .duration(let range, let orZero):
            "a duration from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
                + (orZero ? ", or \"0s\"" : "") + ", such as \"250ms\", \"5s\", \"5m\", \"1h\" or \"90d\""
        case .size(let range):
            "a size from \(SizeText.format(range.lowerBound)) to \(SizeText.format(range.upperBound)), "
                + "such as \"64KiB\", \"8MiB\" or a number of bytes"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .text: "a text"
        case .list(let orNone): orNone ? "a list of texts" : "a list of at least one text"
        case .choice(let choices): "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        }
    }

    /// Reads what an argument or the environment says; a list is separated by commas.
    /// - Returns: nil when it is not what the key expects.
    func value(of text: String) -> ConfigurationValue? {
        switch self {
        case .duration(let range, let orZero):
            DurationText.parse(text).flatMap { range.contains($0) || orZero && $0 == .zero ? .duration($0) : nil }
        case .size(let range): SizeText.parse(text).flatMap { range.contains($0) ? .size($0) : nil }
        case .integer(let range): Self.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .boolean: text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case .text: text.utf8.contains(0) ? nil : .text(text)
        case .list(let orNone): Self.list(text, orNone: orNone)
        case .choice(let choices): choices.contains(text) ? .text(text) : nil
        }
    }

    /// Reads what the file says. Integers and booleans must not be quoted there; one text stands for a list of one.
    /// - Returns: nil when it is not what the key expects.
    func value(of node: JSON5Node) -> ConfigurationValue? {
        switch (self, node.content) {
        case (.boolean, .boolean(let flag)): .boolean(flag)
        case (.integer, .number(let text)), (.size, .number(let text)): value(of: text)
        case (.duration, .number("0")): value(of: "0")
        case (.duration, .string(let text)), (.size, .string(let text)), (.text, .string(let text)),
            (.choice, .string(let text)):
            value(of: text)
        case (.list(let orNone), .string(let text)): Self.list([text], orNone: orNone)
        case (.list(let orNone), .array(let nodes)): Self.list(nodes, orNone: orNone)
        default: nil
        }
    }

    private static func integer(_ text: String) -> Int? {
        text.hasPrefix("0x") || text.hasPrefix("0X") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    private static func list(_ text: String, orNone: Bool) -> ConfigurationValue? {
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.trimmingPrefix(while: { $0 == " " }).reversed().drop { $0 == " " }.reversed()) }
        return list(text.isEmpty ? [] : items, orNone: orNone)
    }

    private static func list(_ nodes: [JSON5Node], orNone: Bool) -> ConfigurationValue? {
        var items: [String] = []
        for node in nodes {
            guard case .string(let text) = node.content else { return nil }
            items.append(text)
        }
        return list(items, orNone: orNone)
    }

    private static func list(_ items: [String], orNone: Bool) -> ConfigurationValue? {
        guard orNone || !items.isEmpty, !items.contains(where: { $0.isEmpty || $0.utf8.contains(0) }) else {
            return nil
        }
        return .list(items)
    }
}
