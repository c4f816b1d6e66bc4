package import HTTPProtocol
package import Networking

/// A request as its route's handler sees it.
package struct Request: Sendable {
    package let head: RequestHead
    package let route: Route
    package let parameters: PathParameters
    /// The whole body when the route buffers it, else empty.
    package internal(set) var body: [UInt8]
    /// The client's end of the connection.
    package let peer: SocketAddress
    /// The loop of the connection; where answers are written.
    package let loop: EventLoop
    /// The X-Request-Id of the answer: the client's own where valid.
    package let requestID: String
    /// Whether the request came over the control socket, whose peer the file system has already judged.
    package let isLocalControl: Bool

    /// The parameters of the query; nil when it is badly encoded.
    package func query() -> QueryString? { QueryString(head.query) }

    /// Whether a stream that answers this request is chunked; in HTTP/1.0 its body ends with the connection.
    package var streamIsChunked: Bool { head.version == .http11 }
}
