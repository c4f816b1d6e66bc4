import CLinux
import Glibc
import Networking

/// A blocking stream socket that has connected: the only file of the client that calls into C.
///
/// Every call gives up after the time-out. Owned by one ``BlockingHTTPClient``; closed with its last reference.
final class ClientSocket {
    let descriptor: Int32
    let address: SocketAddress
    private var chunk = [UInt8](repeating: 0, count: 131_072)

    /// Connects to `address`.
    /// - Parameter timeout: of connecting, and of each later wait for the peer to take or send bytes.
    init(to address: SocketAddress, timeout: Duration) throws(ClientFailure) {
        self.address = address
        var storage = sockaddr_storage()
        let length = try Self.write(address, to: &storage)
        descriptor = Glibc.socket(
            Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .unreachable(address, errno: errno) }
        var limit = Self.timeval(timeout)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if !address.isUnix {
            var on: Int32 = 1
            unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        while unsafe connect(descriptor, tideline_sockaddr(&storage), length) != 0 {
            if errno == EINTR { continue }
            let code = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno
            throw .unreachable(address, errno: code)  // deinit closes
        }
    }

    deinit { close(descriptor) }

    /// Sends all of `bytes`.
    /// - Parameter isFollowed: whether more is sent at once, so that the kernel may wait for it.
    func send(_ bytes: [UInt8], isFollowed: Bool = false) throws(ClientFailure) {
        let flags = Int32(MSG_NOSIGNAL) | (isFollowed ? Int32(MSG_MORE) : 0)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, flags)
            }
            if count > 0 { sent += count } else if errno != EINTR { throw failure(errno) }
        }
    }

    /// What has come since, at least one byte; empty when the peer has closed.
    func receive() throws(ClientFailure) -> ArraySlice<UInt8> {
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return chunk[..<count] }
            if errno != EINTR { throw failure(errno) }
        }
    }

    private func failure(_ code: Int32) -> ClientFailure {
        code == EAGAIN ? .timedOut(address) : .broken(address, errno: code)
    }

    private static func timeval(_ duration: Duration) -> timeval {
        let (seconds, attoseconds) = duration.components
        return Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }

    private static func write(
        _ address: SocketAddress, to storage: inout sockaddr_storage
    ) throws(ClientFailure) -> socklen_t {
        switch address {
        case .v4(let number, let port):
            let view = unsafe tideline_sockaddr_in(&storage)!
            unsafe view.pointee.sin_family = sa_family_t(AF_INET)
            unsafe view.pointee.sin_port = port.bigEndian
            unsafe view.pointee.sin_addr = in_addr(s_addr: number.bigEndian)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        case .v6(let high, let low, let port):
            let view = unsafe tideline_sockaddr_in6(&storage)!
            unsafe view.pointee.sin6_family = sa_family_t(AF_INET6)
            unsafe view.pointee.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &view.pointee.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        case .unix(let path):
            let bytes = Array(path.utf8)
            let view = unsafe tideline_sockaddr_un(&storage)!
            // The last byte stays 0: the path ends there.
            guard bytes.count < MemoryLayout.size(ofValue: unsafe view.pointee.sun_path) else {
                throw .unreachable(address, errno: ENAMETOOLONG)
            }
            unsafe view.pointee.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &view.pointee.sun_path) { unsafe $0.copyBytes(from: bytes) }
            return socklen_t(MemoryLayout<sockaddr_un>.size)
        }
    }
}

/// The text of a system error.
enum SystemErrorText {
    static func of(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
