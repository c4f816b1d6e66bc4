import Glibc

/// A blocking client that sends exactly what it is told; waits at most ten seconds for bytes.
final class TestClient {
    /// An answer in parts; field names in lower case.
    struct Answer: Equatable {
        var status: Int
        var fields: [String: String]
        var body: String
    }

    private let descriptor: Int32
    private var received: [UInt8] = []
    private(set) var wasReset = false

    init(port: UInt16, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the server sees a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // dup2 of another descriptor closes ours now and leaves deinit something to close.
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        dup2(other, descriptor)
        close(other)
    }

    /// Reads one answer whose length is known, or that has no body.
    func answer(toHead isHead: Bool = false) -> Answer? {
        guard let head = read(through: "\r\n\r\n") else { return nil }
        let lines = head.split(separator: "\r\n")
        guard let status = lines.first.flatMap({ Int($0.dropFirst(9).prefix(3)) }) else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let length = fields["content-length"].flatMap { Int($0) } ?? 0
        guard !isHead, length > 0 else { return Answer(status: status, fields: fields, body: "") }
        guard let body = read(count: length) else { return nil }
        return Answer(status: status, fields: fields, body: body)
    }

    /// Reads up to and with `mark`; nil when the connection ends before.
    func read(through mark: String) -> String? {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            while searched + mark.count <= received.count {
                if received[searched..<searched + mark.count].elementsEqual(mark) { return take(searched + mark.count) }
                searched += 1
            }
            guard receive() else { return nil }
        }
    }

    func read(count: Int) -> String? {
        while received.count < count { guard receive() else { return nil } }
        return take(count)
    }

    /// All bytes until the server closes.
    func readToEnd() -> String {
        while receive() {}
        return take(received.count)
    }

    private func take(_ count: Int) -> String {
        defer { received.removeFirst(count) }
        return String(decoding: received[..<count], as: UTF8.self)
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { wasReset = errno == ECONNRESET }
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }
}
