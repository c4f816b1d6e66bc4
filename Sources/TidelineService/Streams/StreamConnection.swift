import Broadcast
import Glibc
import HTTPServer

/// Joins a stream of the shard to the HTTP connection under it; confined to their loop.
final class StreamConnection: StreamTransport, ResponseStreamDelegate {
    /// Kept until either side ends; broken then, since the two hold each other.
    private var stream: ResponseStream?
    private let shard: Shard
    private var token: StreamToken?

    init(shard: Shard) { self.shard = shard }

    func attach(_ stream: ResponseStream) { self.stream = stream }

    /// The stream was opened on the shard; from now on it hears of its connection.
    func opened(as token: StreamToken) { self.token = token }

    func write(_ vectors: UnsafeBufferPointer<iovec>) -> Int {
        guard let stream else { return -1 }
        return unsafe stream.write(vectors)
    }

    func close(_ how: StreamEnding) {
        switch how {
        case .finished: stream?.end()
        case .aborted: stream?.abort()
        }
        stream = nil
        token = nil
    }

    var unsentBytes: Int { stream?.unsentBytes ?? 0 }

    func streamWritable(_ stream: ResponseStream) {
        if let token { shard.writable(token) }
    }

    func streamClosed(_ stream: ResponseStream, reason: ResponseStream.End) {
        self.stream = nil
        if let token { shard.closed(token, error: Self.error(behind: reason)) }
        token = nil
    }

    /// What went wrong; nil when the client just left.
    private static func error(behind end: ResponseStream.End) -> String? {
        switch end {
        case .peerClosed: nil
        case .peerTalks: "the client sent too much"
        case .connection(let reason): "\(reason)"
        }
    }
}
