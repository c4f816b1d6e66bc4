import CLinux
import Glibc

/// TCP on the loopback: what the load generator and the floor server need, over plain descriptors.
enum Socket {
    /// Starts a connection without waiting for it; writable means connected.
    static func connect(port: UInt16, sendBuffer: Int32? = nil) throws(Failure) -> Int32 {
        let socket = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .system("socket", errno) }
        setOption(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let sendBuffer { setOption(socket, SOL_SOCKET, SO_SNDBUF, sendBuffer) }
        var address = loopback(port)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(socket, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            let code = errno
            Glibc.close(socket)
            throw .system("connect to port \(port)", code)
        }
        return socket
    }

    /// Listens on 127.0.0.1 at a free port.
    static func listen() throws(Failure) -> (socket: Int32, port: UInt16) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .system("socket", errno) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard unsafe Glibc.bind(socket, generic, length) == 0 else { return false }
                return unsafe getsockname(socket, generic, &length) == 0
            }
        }
        guard bound, Glibc.listen(socket, 4096) == 0 else { throw .system("listen", errno) }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    /// Accepts one connection if there is one; the new socket blocks.
    static func accept(on listener: Int32) -> Int32? {
        let socket = Glibc.accept(listener, nil, nil)
        guard socket >= 0 else { return nil }
        setOption(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return socket
    }

    /// Sends what the kernel takes of `bytes` from `offset` on.
    /// - Returns: the bytes taken, or `-errno`.
    static func send(_ bytes: [UInt8], from offset: Int = 0, to socket: Int32, wait: Bool) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (wait ? 0 : Int32(MSG_DONTWAIT))
        let count = unsafe bytes.withUnsafeBytes { raw in
            unsafe Glibc.send(socket, raw.baseAddress! + offset, raw.count - offset, flags)
        }
        return count >= 0 ? count : -Int(errno)
    }

    /// Closes with a reset, which leaves no TIME-WAIT behind: ten thousand closes must not eat the next round's ports.
    static func reset(_ socket: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        Glibc.close(socket)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        return address
    }

    private static func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
