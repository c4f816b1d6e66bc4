package import Networking

/// A small HTTP/1.1 client for threads that may block: one connection, kept alive, one exchange at a time.
///
/// ```swift
/// let client = BlockingHTTPClient(.unix(path: "data/control.sock"))
/// let reply = try client.exchange(.get("/control/workspaces"))
/// ```
/// ``begin(_:)`` and ``finish()`` are the two halves of ``exchange(_:)``: between them the caller may prepare the next
/// request while the server works on this one. What `Retry-After` asks for is up to the caller.
package final class BlockingHTTPClient {
    package let address: SocketAddress
    private let fields: [UInt8]
    private let timeout: Duration
    private var socket: ClientSocket?
    private var pending: Pending?
    /// Whether the connection has carried an exchange already.
    private var isUsed = false

    /// An exchange that has begun.
    private struct Pending {
        let request: ClientRequest
        /// Whether it is the first on its connection.
        let isFirst: Bool
        var sendFailure: ClientFailure?
    }

    /// - Parameters:
    ///   - bearer: the token of `Authorization`; nil sends none.
    ///   - timeout: how long the server may be silent.
    package init(_ address: SocketAddress, bearer: String? = nil, timeout: Duration = .seconds(60)) {
        self.address = address
        self.timeout = timeout
        var fields = "Host: \(address.isUnix ? "localhost" : address.text)\r\n"
        if let bearer { fields += "Authorization: Bearer \(bearer)\r\n" }
        self.fields = Array(fields.utf8)
    }

    /// Sends `request` and waits for its answer.
    package func exchange(_ request: ClientRequest) throws(ClientFailure) -> HTTPReply {
        try begin(request)
        return try finish()
    }

    /// Sends `request`, connecting where needed; ``finish()`` must follow unless this throws.
    package func begin(_ request: ClientRequest) throws(ClientFailure) {
        precondition(pending == nil, "an exchange has begun and was not finished")
        let socket = if let kept = self.socket { kept } else { try ClientSocket(to: address, timeout: timeout) }
        self.socket = socket
        pending = Pending(request: request, isFirst: !isUsed)
        do throws(ClientFailure) {
            try socket.send(head(of: request), isFollowed: !request.body.isEmpty)
            try socket.send(request.body)
        } catch {
            // The server may have refused the request before it had all of it: its answer says why.
            pending?.sendFailure = error
        }
    }

    /// Waits for the answer to what was begun.
    package func finish() throws(ClientFailure) -> HTTPReply {
        guard let pending, let socket else { preconditionFailure("no exchange was begun") }
        self.pending = nil
        var reader = ReplyReader()
        do throws(ClientFailure) {
            try receive(into: &reader, from: socket)
        } catch {
            close()
            if case .timedOut = error { throw error }
            // A kept connection that the server had closed meanwhile: a request that did not fit into it was not judged.
            let maySendAgain = pending.request.isRepeatable || pending.sendFailure != nil
            guard !pending.isFirst, !reader.hasBegun, maySendAgain else { throw pending.sendFailure ?? error }
            return try exchange(pending.request)
        }
        if reader.keepsConnection, pending.sendFailure == nil { isUsed = true } else { close() }
        return reader.reply
    }

    /// Closes the connection; the next request opens another.
    package func close() {
        socket = nil
        isUsed = false
        pending = nil
    }

    private func receive(into reader: inout ReplyReader, from socket: ClientSocket) throws(ClientFailure) {
        while !reader.isComplete {
            let bytes = try socket.receive()
            if bytes.isEmpty {
                guard reader.finish() else { throw .closed(address) }
            } else if try reader.receive(bytes) < bytes.count {
                throw .malformedReply("it is followed by bytes nobody asked for")
            }
        }
    }

    private func head(of request: ClientRequest) -> [UInt8] {
        var head = Array("\(request.method) \(request.target) HTTP/1.1\r\n".utf8)
        head += fields
        if let mediaType = request.mediaType { head += "Content-Type: \(mediaType)\r\n".utf8 }
        if !request.body.isEmpty || request.method != "GET" { head += "Content-Length: \(request.body.count)\r\n".utf8 }
        head += "\r\n".utf8
        return head
    }
}
