import CLinux
import Glibc

/// What one attempt to move bytes came to; trivial, because it is made for every read and write.
enum Transfer: Equatable {
    /// This many bytes were moved, at least one.
    case moved(Int)
    /// Nothing now; the socket will say when.
    case wouldBlock
    /// The peer sends no more.
    case ended
    /// The connection is broken, with this errno.
    case failed(Int32)
}

/// The system calls on sockets, with EINTR repeated and errno turned into values. Nothing here keeps state.
enum SystemCall {
    static func describe(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe "\(String(cString: text)) (\(code))"
    }

    static func close(_ descriptor: Int32) {
        // On Linux the descriptor is gone even when close reports EINTR or an old write error.
        _ = Glibc.close(descriptor)
    }

    // MARK: Bytes

    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN ? .wouldBlock : .failed(code)
        }
    }

    /// Sends without SIGPIPE. At most 1,024 vectors (IOV_MAX) are looked at.
    static func send(_ descriptor: Int32, _ vectors: UnsafeBufferPointer<iovec>) -> Transfer {
        var message = unsafe msghdr()
        unsafe message.msg_iov = UnsafeMutablePointer(mutating: vectors.baseAddress)
        unsafe message.msg_iovlen = min(vectors.count, 1024)
        while true {
            let count = unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count == 0 ? .wouldBlock : .moved(count) }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN ? .wouldBlock : .failed(code)
        }
    }

    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count == 0 ? .wouldBlock : .moved(count) }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN ? .wouldBlock : .failed(code)
        }
    }

    // MARK: Options

    /// - Returns: 0, or errno.
    @discardableResult
    static func setOption(_ descriptor: Int32, level: Int32, name: Int32, value: Int32) -> Int32 {
        var value = value
        let outcome = unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        return outcome == 0 ? 0 : errno
    }

    /// Makes close send RST and drop what was not sent.
    static func setAbortiveClose(_ descriptor: Int32) {
        var value = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// Takes the socket's pending error (SO_ERROR).
    static func takeError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
    }

    // MARK: Addresses as text

    static func parseIPv4(_ text: String) -> UInt32? {
        var address = in_addr()
        guard unsafe inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return UInt32(bigEndian: address.s_addr)
    }

    static func parseIPv6(_ text: String) -> (UInt64, UInt64)? {
        var halves: (UInt64, UInt64) = (0, 0)
        guard unsafe inet_pton(AF_INET6, text, &halves) == 1 else { return nil }
        return (UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1))
    }

    static func formatIPv6(_ high: UInt64, _ low: UInt64) -> String {
        var halves = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(AF_INET6, &halves, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
