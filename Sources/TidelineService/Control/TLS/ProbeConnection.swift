import HTTPProtocol
import Networking
import ServerSentEvents

/// One connection through a URL, whatever stands between: HTTP/1.1, with TLS where the URL says so; blocking, one thread.
final class ProbeConnection {
    let url: ServiceURL
    let address: SocketAddress
    let tls: TLSChannel?
    private let socket: ClientSocket

    /// Connects to the first address of the URL's host that takes the connection.
    /// - Parameters:
    ///   - silence: how long the peer may say nothing.
    ///   - protocols: offered by ALPN.
    init(
        to url: ServiceURL, authorities: String?, silence: Duration, protocols: [String] = ["http/1.1"]
    ) throws(CommandFailure) {
        self.url = url
        socket = try Self.connect(url, silence)
        address = socket.address
        guard url.isSecure else {
            tls = nil
            return
        }
        do throws(TLSChannel.Failure) {
            tls = try TLSChannel(over: socket, host: url.host, authorities: authorities, protocols: protocols)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    private static func connect(_ url: ServiceURL, _ silence: Duration) throws(CommandFailure) -> ClientSocket {
        var failure = CommandFailure("\(url.host) has no address")
        for address in try HostLookup.addresses(of: url.host, port: url.port) {
            do throws(ClientFailure) {
                return try ClientSocket(to: address, timeout: silence)
            } catch {
                failure = CommandFailure(error.description)
            }
        }
        throw failure
    }

    /// Sends a request; `fields` are lines of the header without their ends.
    func send(_ method: String, _ target: String, _ fields: [String], body: [UInt8] = []) throws(CommandFailure) {
        var lines = ["\(method) \(url.prefix)\(target) HTTP/1.1", "Host: \(url.authority)"] + fields
        if !body.isEmpty || method != "GET" { lines.append("Content-Length: \(body.count)") }
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        do throws(ClientFailure) {
            if let tls { try tls.send(bytes) } else { try socket.send(bytes) }
        } catch {
            throw CommandFailure(error.description)
        }
    }

    /// What comes next; empty at the end.
    func receive() throws(ClientFailure) -> ArraySlice<UInt8> {
        if let tls { try tls.receive() } else { try socket.receive() }
    }

    /// The whole answer to what was sent.
    /// - Parameter deadline: for a peer that sends a byte now and then.
    func reply(until deadline: ContinuousClock.Instant) throws(CommandFailure) -> HTTPReply {
        var reader = ReplyReader()
        do throws(ClientFailure) {
            while !reader.isComplete {
                guard ContinuousClock.now < deadline else { throw .timedOut(address) }
                let bytes = try receive()
                if bytes.isEmpty {
                    guard reader.finish() else { throw .closed(address) }
                } else {
                    _ = try reader.receive(bytes)
                }
            }
        } catch {
            throw CommandFailure(error.description)
        }
        return reader.reply
    }

    /// One exchange on a connection of its own.
    static func exchange(
        _ method: String, _ target: String, _ fields: [String] = [], body: [UInt8] = [], at url: ServiceURL,
        authorities: String?, until deadline: ContinuousClock.Instant
    ) throws(CommandFailure) -> HTTPReply {
        let connection = try ProbeConnection(
            to: url, authorities: authorities,
            silence: min(.seconds(15), max(.seconds(1), ContinuousClock.now.duration(to: deadline))))
        try connection.send(method, target, ["Connection: close"] + fields, body: body)
        return try connection.reply(until: deadline)
    }
}
