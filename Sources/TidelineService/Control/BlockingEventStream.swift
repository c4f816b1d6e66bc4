import Networking
import ServerSentEvents

/// An event stream for a thread that may block: one connection, from its opening to its end.
///
/// ```swift
/// let stream = try BlockingEventStream("/api/…/realtime", at: address, lastEventID: nil)
/// while let events = try stream.next() { … }
/// ```
final class BlockingEventStream {
    /// The longest wait of one system call; silence is measured in these.
    private static let slice = Duration.seconds(1)

    /// The answer's head; of one that is no stream also its body.
    let reply: HTTPReply
    /// How long the server may be silent.
    var patience = Duration.seconds(75)
    private let address: SocketAddress
    private let socket: ClientSocket
    private var reader = ReplyReader(maximumBodyBytes: .max)
    private var parser: EventStreamParser
    private let clock = ContinuousClock()

    /// Connects, asks and waits for the head of the answer.
    init(_ target: String, at address: SocketAddress, lastEventID: String?) throws(ClientFailure) {
        self.address = address
        parser = EventStreamParser(lastEventID: lastEventID ?? "")
        socket = try ClientSocket(to: address, timeout: Self.slice)
        var head = "GET \(target) HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        if let lastEventID { head += "Last-Event-ID: \(lastEventID)\r\n" }
        try socket.send(Array((head + "\r\n").utf8))
        var reader = ReplyReader(maximumBodyBytes: .max)
        let start = clock.now
        while !reader.isComplete, !reader.hasHead || reader.reply.status != 200 {
            if try Self.receive(into: &reader, socket, address, until: start + .seconds(75), clock) { break }
        }
        reply = reader.reply
        self.reader = reader
    }

    /// Where a resume would continue; nil before the first position.
    var lastEventID: String? { parser.lastEventID.isEmpty ? nil : parser.lastEventID }

    /// Waits for the next events; none may have come where only a position did.
    /// - Returns: nil at the end of the body.
    /// - Throws: also where the connection ends before the body does.
    func next() throws(ClientFailure) -> [ServerSentEvent]? {
        while true {
            let body = reader.takeBody()
            if !body.isEmpty {
                do throws(EventStreamError) {
                    return try parser.receive(body)
                } catch {
                    throw .malformedReply("\(error)")
                }
            }
            if reader.isComplete { return nil }
            if try Self.receive(into: &reader, socket, address, until: clock.now + patience, clock) { return nil }
        }
    }

    /// - Returns: whether the peer closed where that ends the answer.
    private static func receive(
        into reader: inout ReplyReader, _ socket: ClientSocket, _ address: SocketAddress,
        until deadline: ContinuousClock.Instant, _ clock: ContinuousClock
    ) throws(ClientFailure) -> Bool {
        while true {
            do throws(ClientFailure) {
                let bytes = try socket.receive()
                if bytes.isEmpty {
                    guard reader.finish() else { throw .closed(address) }
                    return true
                }
                _ = try reader.receive(bytes)
                return false
            } catch {
                guard case .timedOut = error, clock.now < deadline else { throw error }
            }
        }
    }
}
