/// A complete answer, as ``BlockingHTTPClient`` received it.
package struct HTTPReply: Sendable, Equatable {
    package var status: Int
    /// Names in lower case, values without surrounding blanks, in the order of the answer.
    package var fields: [Field] = []
    /// Without chunk framing.
    package var body: [UInt8] = []

    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(status: Int, fields: [Field] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The value of the first field called `name`, which is given in lower case.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// `Retry-After` in its form of seconds, at most an hour; nil where there is none. The form of a date is not used by
    /// our server.
    package var retryAfter: Duration? {
        guard let text = self["retry-after"], let seconds = Int(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 3600))
    }

    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// What a client asks.
package struct ClientRequest: Sendable {
    package var method: String
    /// Path and query, already percent-encoded.
    package var target: String
    package var mediaType: String?
    package var body: [UInt8]
    /// Whether asking twice is the same as asking once, so that a request whose fate is unknown may be sent again.
    package var isRepeatable: Bool

    package init(
        _ method: String, _ target: String, mediaType: String? = nil, body: [UInt8] = [], isRepeatable: Bool = false
    ) {
        self.method = method
        self.target = target
        self.mediaType = mediaType
        self.body = body
        self.isRepeatable = isRepeatable
    }

    package static func get(_ target: String) -> ClientRequest { ClientRequest("GET", target, isRepeatable: true) }
}
