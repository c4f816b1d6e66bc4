import Foundation
import Glibc
import Synchronization

/// A small server that plays what stands between a client and a gateway: it answers each connection as its script says.
final class ScriptedServer: Sendable {
    /// What becomes of one connection, once its request has come.
    enum Turn: Sendable {
        /// Says this and closes.
        case say(String)
        /// Says this and then nothing, until the client goes.
        case hold(String)
        /// Carries it to a server on that port; cut off after so many bytes of the answer.
        case forward(port: Int, cutAfter: Int? = nil)
        /// Carries snapshots, logs and posts, but says nothing about streams, as a proxy that buffers does.
        case forwardWithoutStreams(port: Int)
    }

    let port: Int
    /// The heads of the requests so far.
    let requests = Journal<String>(of: "request")
    private let descriptor: Int32
    private let script: Mutex<(turns: [Turn], last: Turn)>

    /// - Parameters:
    ///   - turns: of the first connections, in order.
    ///   - last: of all others.
    init(_ turns: [Turn] = [], then last: Turn) throws {
        script = Mutex((turns, last))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = try Self.listen(descriptor)
        Thread.detachNewThread { [descriptor, weak self] in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    close(descriptor)
                    return
                }
                guard let server = self else {
                    close(accepted)
                    continue
                }
                // Children of other tests must not hold it open.
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread { server.serve(Peer(accepted)) }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// From now on, every new connection is answered so.
    func play(_ turn: Turn) { script.withLock { $0 = ([], turn) } }

    private func serve(_ peer: Peer) {
        let head = peer.readHead()
        guard !head.isEmpty else { return }
        let isStream = head.contains("text/event-stream")
        let turn = script.withLock { script in script.turns.isEmpty ? script.last : script.turns.removeFirst() }
        requests.append(head)
        switch turn {
        case .say(let text):
            peer.write(Array(text.utf8))
            peer.finish()
        case .hold(let text):
            peer.write(Array(text.utf8))
            _ = peer.read()
        case .forwardWithoutStreams where isStream: _ = peer.read()
        case .forward(let port, let limit): forward(peer, head, to: port, limit)
        case .forwardWithoutStreams(let port): forward(peer, head, to: port, nil)
        }
    }

    private func forward(_ peer: Peer, _ head: String, to port: Int, _ limit: Int?) {
        guard let upstream = Peer(connectingTo: port) else { return }
        // One request a connection, so that each gets its turn.
        upstream.write(Array(head.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n").utf8))
        Thread.detachNewThread {
            while let bytes = peer.read(), upstream.write(bytes) {}
            upstream.finish()
        }
        var left = limit ?? .max
        while left > 0, let bytes = upstream.read() {
            guard peer.write(Array(bytes.prefix(left))) else { break }
            left -= bytes.count
        }
        peer.finish()
    }

    private static func listen(_ descriptor: Int32) throws -> Int {
        guard descriptor >= 0 else { throw ConnectionError.system("socket", errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard unsafe bind(descriptor, generic, length) == 0 else { return Int32(-1) }
                return unsafe getsockname(descriptor, generic, &length)
            }
        }
        guard result == 0, Glibc.listen(descriptor, 64) == 0 else { throw ConnectionError.system("listen", errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A blocking socket, for the threads of a ``ScriptedServer``; closed with its last reference.
private final class Peer: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    init?(connectingTo port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(clamping: port).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func readHead() -> String {
        var bytes: [UInt8] = []
        while bytes.end(of: Array("\r\n\r\n".utf8)) == nil {
            guard let next = read() else { return "" }
            bytes += next
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil at the end, whatever ended it.
    func read() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(chunk.prefix(count)) : nil
    }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func finish() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
