import CLinux
import Dispatch
import Glibc
import Synchronization

/// A TCP connection that does exactly what a test says: bytes as given, half closes, resets, tiny buffers, not reading.
///
/// Calls wait on the connection's own queues, never on Swift's pool; reading and sending do not wait for each other, and
/// two readers (or two senders) take turns.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private let readQueue = DispatchQueue(label: "test.connection.read")
    private let sendQueue = DispatchQueue(label: "test.connection.send")
    private let isClosed = Mutex(false)
    /// Read from the socket but not yet taken.
    private let buffer = Mutex<[UInt8]>([])

    /// Connects; `receiveBuffer` sets SO_RCVBUF before the handshake, so that it also bounds the window (the kernel
    /// doubles it and has a floor near 2 KiB).
    static func open(
        _ host: String = "127.0.0.1", port: Int, receiveBuffer: Int? = nil, within limit: Duration = .seconds(5)
    ) async throws -> RawConnection {
        let connection = try RawConnection(receiveBuffer: receiveBuffer)
        try await connection.run(on: connection.sendQueue) { try $0.connect(host, port, Deadline(limit)) }
        return connection
    }

    private init(receiveBuffer: Int?) throws {
        descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionError.system("socket", errno) }
        setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let receiveBuffer { setOption(SOL_SOCKET, SO_RCVBUF, Int32(clamping: receiveBuffer)) }
    }

    deinit { Glibc.close(descriptor) }

    // MARK: Sending

    /// Sends all of `bytes`; waits while the peer does not read.
    func send(_ bytes: [UInt8], within limit: Duration = .seconds(10)) async throws {
        try await run(on: sendQueue) { connection in
            let deadline = Deadline(limit)
            var sent = 0
            while sent < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Glibc.send(
                        connection.descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
                        Int32(MSG_NOSIGNAL))
                }
                if count > 0 { sent += count; continue }
                try connection.wait(for: Int16(POLLOUT), until: deadline, after: "send")
            }
        }
    }

    func send(_ text: String, within limit: Duration = .seconds(10)) async throws {
        try await send(Array(text.utf8), within: limit)
    }

    /// Says that no more will be sent (FIN); reading goes on.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Reading

    /// Whatever comes next, at most `maximum` bytes; empty at the end.
    func read(atMost maximum: Int = 65_536, within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        try await run(on: readQueue) { connection in
            try connection.fill(until: Deadline(limit)) { !$0.isEmpty }
            return connection.take(maximum)
        }
    }

    /// Exactly `count` bytes. Throws ``ConnectionError/ended`` when fewer come.
    func read(exactly count: Int, within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        try await run(on: readQueue) { connection in
            guard try connection.fill(until: Deadline(limit), { $0.count >= count }) else {
                throw ConnectionError.ended
            }
            return connection.take(count)
        }
    }

    /// Everything up to and including `mark`. Throws ``ConnectionError/ended`` when it does not come.
    func read(through mark: String, within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        let mark = Array(mark.utf8)
        return try await run(on: readQueue) { connection in
            let deadline = Deadline(limit)
            var end: Int?
            guard
                try connection.fill(
                    until: deadline,
                    {
                        end = $0.end(of: mark); return end != nil
                    }), let end
            else {
                throw ConnectionError.ended
            }
            return connection.take(end)
        }
    }

    /// Everything until the peer closes. A reset throws ``ConnectionError/reset``.
    func readToEnd(within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        try await run(on: readQueue) { connection in
            try connection.fill(until: Deadline(limit)) { _ in false }
            return connection.take(.max)
        }
    }

    /// Puts bytes back in front of what comes next.
    func unread(_ bytes: [UInt8]) { buffer.withLock { $0 = bytes + $0 } }

    // MARK: Ending

    /// Closes both ways; those who wait in a call see the end.
    func close() {
        let first = isClosed.withLock { wasClosed in
            defer { wasClosed = true }
            return !wasClosed
        }
        if first { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Breaks the connection with a RST: connecting a socket to AF_UNSPEC aborts it at once, whoever still holds it.
    func reset() {
        isClosed.withLock { $0 = true }
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = unsafe Glibc.connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// The port on our side.
    var localPort: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    // MARK: System calls

    private func connect(_ host: String, _ port: Int, _ deadline: Deadline) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        guard let port = UInt16(exactly: port) else { throw ConnectionError.system("port", EINVAL) }
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw ConnectionError.system("address", EINVAL)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return }
        guard errno == EINPROGRESS else { throw ConnectionError.system("connect", errno) }
        try poll(for: Int16(POLLOUT), until: deadline)
        var failure: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
        guard failure == 0 else { throw ConnectionError.system("connect", failure) }
    }

    /// Reads until `isEnough`; returns false at the end of input.
    @discardableResult
    private func fill(until deadline: Deadline, _ isEnough: ([UInt8]) -> Bool) throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if buffer.withLock({ isEnough($0) }) { return true }
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { return false }
            if count > 0 { buffer.withLock { $0 += chunk[..<count] }; continue }
            try wait(for: Int16(POLLIN), until: deadline, after: "recv")
        }
    }

    private func take(_ maximum: Int) -> [UInt8] {
        buffer.withLock { buffer in
            defer { buffer.removeFirst(min(maximum, buffer.count)) }
            return Array(buffer.prefix(maximum))
        }
    }

    /// After a call that failed: waits when it only has to wait.
    private func wait(for events: Int16, until deadline: Deadline, after call: String) throws {
        switch errno {
        case EAGAIN: try poll(for: events, until: deadline)
        case EINTR: return
        case ECONNRESET, EPIPE: throw ConnectionError.reset
        case let code: throw ConnectionError.system(call, code)
        }
    }

    private func poll(for events: Int16, until deadline: Deadline) throws {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let ready = unsafe Glibc.poll(&entry, 1, deadline.milliseconds)
        if ready == 0 { throw ConnectionError.timedOut(waiting: buffer.withLock { $0 }) }
        if ready < 0, errno != EINTR { throw ConnectionError.system("poll", errno) }
    }

    private func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private func run<Value: Sendable>(
        on queue: DispatchQueue, _ work: @escaping @Sendable (RawConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { resume in
            queue.async { resume.resume(with: Result { try work(self) }) }
        }
    }
}

enum ConnectionError: Error, CustomStringConvertible {
    case timedOut(waiting: [UInt8])
    /// The peer closed before all that was expected had come.
    case ended
    /// The peer broke the connection.
    case reset
    case system(String, Int32)

    var description: String {
        switch self {
        case .timedOut(let bytes): "timed out; unread so far: \(String(decoding: bytes.suffix(400), as: UTF8.self))"
        case .ended: "the peer closed too early"
        case .reset: "the peer reset the connection"
        case .system(let call, let code): "\(call) failed with errno \(code)"
        }
    }
}

/// A point in time after which a call gives up.
private struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ limit: Duration) { end = .now + limit }

    /// What is left, for poll(2): at least 0.
    var milliseconds: Int32 {
        let left = ContinuousClock.now.duration(to: end).components
        return Int32(clamping: max(0, left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000))
    }
}

extension [UInt8] {
    /// The index behind the first occurrence of `mark`.
    func end(of mark: [UInt8]) -> Int? {
        guard !mark.isEmpty, count >= mark.count else { return nil }
        for start in 0...(count - mark.count)
        where self[start] == mark[0] && self[start..<(start + mark.count)].elementsEqual(mark) {
            return start + mark.count
        }
        return nil
    }
}
