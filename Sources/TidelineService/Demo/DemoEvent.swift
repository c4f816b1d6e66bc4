package import Events

/// One event of the demo, ready to be posted with an ingest credential (the opening ones need an admin's).
package struct DemoEvent: Sendable, Equatable {
    /// When it happens, in the time of the scenario.
    package let at: Milliseconds
    /// Who does it; the body says so too.
    package let user: String
    package let type: String
    /// `{"eventType", "eventData", "userId", "sessionId"?, "eventId"?, "occurredAt"?}`: one item of a batch, or the body of one POST.
    package let body: [UInt8]
}

/// Writes the small JSON objects of the demo, members in the order given.
struct DemoObject {
    private var text = "{"

    /// Adds a member whose value is a string; nil adds nothing.
    func with(_ name: String, _ value: String?) -> DemoObject {
        guard let value else { return self }
        return with(name, raw: "\"" + Self.escaped(value) + "\"")
    }

    func with(_ name: String, _ value: Int64) -> DemoObject { with(name, raw: String(value)) }
    func with(_ name: String, _ value: Bool) -> DemoObject { with(name, raw: value ? "true" : "false") }
    func with(_ name: String, _ value: DemoObject) -> DemoObject { with(name, raw: value.json) }

    func with(_ name: String, _ values: [String]) -> DemoObject {
        with(name, raw: "[" + values.map { "\"" + Self.escaped($0) + "\"" }.joined(separator: ",") + "]")
    }

    var json: String { text + "}" }

    private func with(_ name: String, raw: String) -> DemoObject {
        var copy = self
        copy.text += (text.utf8.count > 1 ? "," : "") + "\"" + name + "\":" + raw
        return copy
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
            if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
