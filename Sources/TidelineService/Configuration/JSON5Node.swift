/// A value of a JSON5 document, with the line it begins on, so that a complaint about it can say where it is.
struct JSON5Node: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case object([Member])
        case array([JSON5Node])
        case string(String)
        /// As it is written: `8080`, `0x1F`, `1.5`, `Infinity`.
        case number(String)
        case boolean(Bool)
        case null
    }

    struct Member: Equatable, Sendable {
        let name: String
        /// Where the name stands.
        let line: Int
        let value: JSON5Node
    }

    let content: Content
    let line: Int

    /// What it is, for a message: `a list`, `the text "5x"`.
    var explanation: String {
        switch content {
        case .object: "a group of keys"
        case .array: "a list"
        case .string(let text): "\"\(text)\""
        case .number(let text): text
        case .boolean(let value): String(value)
        case .null: "null"
        }
    }
}

/// Where, and why, a document is not JSON5.
struct JSON5Error: Error, Equatable {
    let line: Int
    let problem: String
}
