package import HTTPProtocol

/// The bounds and time-outs of HTTP connections.
package struct HTTPServerSettings: Sendable {
    package var limits: HTTP1Limits
    /// From the first byte of a head to its end; also how long a new connection may say nothing.
    package var headTimeout: Duration
    /// From the end of a head to the end of its body.
    package var bodyTimeout: Duration
    /// Between an answer and the next request.
    package var idleTimeout: Duration
    /// How long a connection that is to close may go on sending what nobody reads: closing at once would reset it, and
    /// the client might lose the answer (RFC 9112 §9.6).
    package var linger: Duration
    /// Requests of one connection that wait for their answers; no more are read beyond.
    package var maximumPipelined: Int
    /// Answers of one connection that wait to be sent, in bytes; no request is read beyond.
    package var maximumUnsentBytes: Int
    /// What a client may send behind a request that became a stream, in bytes; more closes it.
    package var maximumBytesBehindStream: Int

    package init(
        limits: HTTP1Limits = HTTP1Limits(), headTimeout: Duration = .seconds(30),
        bodyTimeout: Duration = .seconds(40), idleTimeout: Duration = .seconds(75), linger: Duration = .seconds(2),
        maximumPipelined: Int = 64, maximumUnsentBytes: Int = 262_144, maximumBytesBehindStream: Int = 65_536
    ) {
        self.limits = limits
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.linger = linger
        self.maximumPipelined = max(1, maximumPipelined)
        self.maximumUnsentBytes = max(1, maximumUnsentBytes)
        self.maximumBytesBehindStream = max(0, maximumBytesBehindStream)
    }
}
