package import Glibc

/// The connection under a stream; joined to the HTTP server by the composition root. Called on the shard's loop only.
package protocol StreamTransport: AnyObject {
    /// Offers bytes to the socket at once; nothing is queued.
    /// - Returns: how many were taken. Less than offered: the socket is full, and the owner calls ``Shard/writable(_:)`` later.
    ///   −1: the connection is broken; the owner calls ``Shard/closed(_:)``.
    func write(_ vectors: UnsafeBufferPointer<iovec>) -> Int
    /// Ends the connection; the shard has forgotten the stream.
    func close(_ how: StreamEnding)
    /// Bytes that the kernel holds and the peer has not acknowledged.
    var unsentBytes: Int { get }
}

/// How a stream's connection ends.
package enum StreamEnding: Sendable {
    /// The body is complete: FIN, linger, then reset.
    case finished
    /// The peer did not take the end in time, or is broken: reset.
    case aborted
}
