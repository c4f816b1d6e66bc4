package import HTTPProtocol

/// One method on one pattern of paths, and what the server must know of it before the handler runs.
package struct Route: Sendable {
    /// How the route wants a request's body.
    package enum BodyPolicy: Hashable, Sendable {
        /// None: a request with a body gets 413.
        case none
        /// Whole, in `Request.body`, up to `limit` bytes. The handler runs once it is complete.
        case buffered(limit: Int)
        /// In pieces, up to `limit` bytes: the handler runs after the head and takes the body with
        /// ``Responder/receiveBody(_:)`` before it returns, or answers without it.
        case incremental(limit: Int)
    }

    package typealias Handler = @Sendable (Request, Responder) -> Void

    package let method: Method
    /// `/api/:name/x`: literal segments, and segments that match anything and are called by their names.
    package let pattern: String
    package let body: BodyPolicy
    /// Whether the route may call ``Responder/startStream(_:firstBytes:delegate:)``. Such a request waits for the answers
    /// before it, and no request behind it is read.
    package let isStream: Bool
    /// Whether the route's path exists on the control socket alone: elsewhere it has no methods at all.
    package let isLocalOnly: Bool
    package let handler: Handler
    /// The place in ``Router/routes``; given by the router.
    package internal(set) var index = 0

    package init(
        _ method: Method, _ pattern: String, body: BodyPolicy = .none, isStream: Bool = false,
        isLocalOnly: Bool = false, handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.body = body
        self.isStream = isStream
        self.isLocalOnly = isLocalOnly
        self.handler = handler
    }
}

/// The values of a route's named segments, percent-decoded, in the order of the pattern.
package struct PathParameters: Sendable {
    private let values: [(name: String, value: String)]

    init(_ values: [(name: String, value: String)]) { self.values = values }

    package static let none = PathParameters([])

    /// The value of `:name`; nil when the pattern has no such segment.
    package subscript(name: String) -> String? {
        for entry in values where entry.name == name { return entry.value }
        return nil
    }
}
