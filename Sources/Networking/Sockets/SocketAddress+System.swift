import CLinux
import Glibc

/// The kernel's form of a ``SocketAddress``.
struct SystemAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// An empty one, for the kernel to fill.
    init() {}

    init(_ address: SocketAddress) throws(NetworkError) {
        switch address {
        case .v4(let number, let port):
            unsafe tideline_sockaddr_in(&storage).pointee = sockaddr_in(
                sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: in_addr(s_addr: number.bigEndian),
                sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        case .v6(let high, let low, let port):
            let view = unsafe tideline_sockaddr_in6(&storage)!
            unsafe view.pointee.sin6_family = sa_family_t(AF_INET6)
            unsafe view.pointee.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &view.pointee.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        case .unix(let path):
            let bytes = Array(path.utf8)
            let view = unsafe tideline_sockaddr_un(&storage)!
            // The last byte stays 0: the path ends there.
            guard bytes.count < MemoryLayout.size(ofValue: unsafe view.pointee.sun_path) else {
                throw .pathTooLong(path)
            }
            unsafe view.pointee.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &view.pointee.sun_path) { unsafe $0.copyBytes(from: bytes) }
            length = socklen_t(MemoryLayout<sockaddr_un>.size)
        }
    }

    /// Who is at the other end of a connected socket; an unnamed Unix socket when it has gone already.
    static func peer(of descriptor: Int32) -> SocketAddress {
        var peer = SystemAddress()
        guard unsafe getpeername(descriptor, tideline_sockaddr(&peer.storage), &peer.length) == 0 else {
            return .unix(path: "")
        }
        return peer.decoded()
    }

    /// The value; an IPv4 peer of an IPv6 socket (`::ffff:0:0/96`) is told as IPv4, any unknown family as an unnamed Unix socket.
    mutating func decoded() -> SocketAddress {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let view = unsafe tideline_sockaddr_in(&storage).pointee
            return .v4(UInt32(bigEndian: view.sin_addr.s_addr), port: UInt16(bigEndian: view.sin_port))
        case AF_INET6:
            // The address within is aligned to 4 bytes only.
            var view = unsafe tideline_sockaddr_in6(&storage).pointee
            let port = UInt16(bigEndian: view.sin6_port)
            let (high, low) = unsafe withUnsafeBytes(of: &view.sin6_addr) { bytes in
                unsafe (
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            return high == 0 && low >> 32 == 0xFFFF
                ? .v4(UInt32(truncatingIfNeeded: low), port: port) : .v6(high, low, port: port)
        default:
            return .unix(path: path)
        }
    }

    /// The path of a bound Unix socket; empty for an unnamed or abstract one.
    private var path: String {
        var copy = storage
        let offset = MemoryLayout<sa_family_t>.size
        return unsafe withUnsafeBytes(of: &copy) { bytes in
            let end = min(max(Int(length), offset), bytes.count)
            return unsafe String(decoding: bytes[offset..<end].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
