public import Foundation

/// Carries requests: the client's only door to the network. ``URLSessionTransport`` unless you bring another.
public protocol StreamTransport: Sendable {
    /// Begins a request and reports what comes of it, in order and one after the other, on any thread: at most one
    /// `response`, then `bytes` as they arrive, and exactly one `ended` as the last, also after `cancel()`.
    ///
    /// Redirects are the transport's affair; credentials must not follow them to another origin.
    func start(
        _ request: TransportRequest, receive: @escaping @Sendable (TransportEvent) -> Void
    ) -> any TransportTransfer
}

/// A request under way.
public protocol TransportTransfer: Sendable {
    /// Closes its connection at once; `ended` follows when it is closed.
    func cancel()
}

/// What to ask for.
public struct TransportRequest: Sendable, Hashable {
    /// `GET` or `POST`.
    public var method: String
    /// Where, with the query.
    public var url: URL
    /// The header fields.
    public var headers: [String: String]
    /// The body of a POST.
    public var body: [UInt8]?

    /// A GET without fields unless said otherwise.
    public init(method: String = "GET", url: URL, headers: [String: String] = [:], body: [UInt8]? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What comes of a request.
public enum TransportEvent: Sendable {
    /// The head of the answer; final, so neither a redirect that is followed nor a 1xx.
    case response(TransportHead)
    /// The next bytes of the body, decoded; each chunk as soon as it is there.
    case bytes([UInt8])
    /// The end: nil when the body came to its own end.
    case ended((any Error)?)
}

/// Status and header fields of an answer.
public struct TransportHead: Sendable, Hashable {
    /// Such as 200.
    public let status: Int
    private let fields: [String: String]

    /// - Parameter headers: by name, in any case.
    public init(status: Int, headers: [String: String] = [:]) {
        self.status = status
        fields = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
    }

    /// The value of the field of that name, in any case.
    public subscript(name: String) -> String? { fields[name.lowercased()] }

    /// Whether the body says it is an event stream, whatever its parameters.
    var isEventStream: Bool {
        let type = self["Content-Type"]?.prefix { $0 != ";" } ?? ""
        return type.trimmingCharacters(in: .whitespaces).lowercased() == "text/event-stream"
    }
}
