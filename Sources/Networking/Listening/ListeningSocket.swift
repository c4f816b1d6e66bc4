import CLinux
import Glibc

/// A bound, listening socket, before and while a loop accepts from it.
struct ListeningSocket: Sendable {
    let descriptor: Int32
    /// As the kernel tells it, with the port.
    let address: SocketAddress
    /// Whether other loops, and a service manager, accept from the same queue: it is not ours to empty.
    private(set) var isShared = false
    /// The device and inode of a Unix socket's path, so that only our own is removed.
    private var file: FileIdentity?

    private struct FileIdentity: Equatable, Sendable {
        let device: UInt
        let inode: UInt
    }

    /// Binds `count` TCP sockets to the same port, or one Unix socket.
    static func bind(_ address: SocketAddress, count: Int, backlog: Int32) throws(NetworkError) -> [ListeningSocket] {
        if case .unix(let path) = address { return [try bindUnix(path, backlog: backlog)] }
        if address.port != 0 { try probe(address) }
        let first = try bindTCP(address, backlog: backlog)
        var sockets = [first]
        do throws(NetworkError) {
            for _ in 1..<max(1, count) { sockets.append(try bindTCP(first.address, backlog: backlog)) }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
        return sockets
    }

    /// Takes a socket over, once for each of `count` loops: they accept from its one queue, which the kernel keeps for as long
    /// as anybody has it open. Sockets of our own beside it (SO_REUSEPORT) would lose their queues at a restart.
    static func share(_ inherited: InheritedSocket, count: Int) throws(NetworkError) -> [ListeningSocket] {
        defer { SystemCall.close(inherited.descriptor) }
        var sockets: [ListeningSocket] = []
        for _ in 0..<max(1, count) {
            let descriptor = fcntl(inherited.descriptor, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else {
                let code = errno
                for socket in sockets { socket.close() }
                throw .system(call: "fcntl(F_DUPFD_CLOEXEC)", code: code)
            }
            sockets.append(ListeningSocket(descriptor: descriptor, address: inherited.address))
            sockets[sockets.count - 1].isShared = true
        }
        return sockets
    }

    /// Closes the socket and removes a Unix socket's path, unless somebody else's is there by now.
    func close() {
        if case .unix(let path) = address, let file, Self.identity(of: path) == file { unsafe unlink(path) }
        SystemCall.close(descriptor)
    }

    // MARK: TCP

    /// Binds without SO_REUSEPORT and lets go: fails when anybody listens there. SO_REUSEADDR only forgives old connections.
    /// Two processes that start in the same instant can both pass; what they share beyond the port has to tell them apart.
    private static func probe(_ address: SocketAddress) throws(NetworkError) {
        let descriptor = try makeSocket(for: address)
        defer { SystemCall.close(descriptor) }
        SystemCall.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEADDR, value: 1)
        try bind(descriptor, to: address)
    }

    static func isFree(_ address: SocketAddress) -> Bool {
        do throws(NetworkError) {
            try probe(address)
            return true
        } catch {
            return false
        }
    }

    private static func bindTCP(_ address: SocketAddress, backlog: Int32) throws(NetworkError) -> ListeningSocket {
        let descriptor = try makeSocket(for: address)
        do throws(NetworkError) {
            SystemCall.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEADDR, value: 1)
            let code = SystemCall.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEPORT, value: 1)
            guard code == 0 else { throw .system(call: "setsockopt(SO_REUSEPORT)", code: code) }
            // Accepted sockets inherit it.
            SystemCall.setOption(descriptor, level: Int32(IPPROTO_TCP), name: TCP_NODELAY, value: 1)
            try bind(descriptor, to: address)
            try listen(descriptor, backlog: backlog)
            return ListeningSocket(descriptor: descriptor, address: try boundAddress(of: descriptor))
        } catch {
            SystemCall.close(descriptor)
            throw error
        }
    }

    // MARK: Unix

    private static func bindUnix(_ path: String, backlog: Int32) throws(NetworkError) -> ListeningSocket {
        let address = SocketAddress.unix(path: path)
        try removeStale(path, address)
        let descriptor = try makeSocket(for: address)
        do throws(NetworkError) {
            // Before bind, Linux takes the path's mode from the socket: there is no moment at which others could connect.
            guard fchmod(descriptor, 0o600) == 0 else { throw .system(call: "fchmod", code: errno) }
            try bind(descriptor, to: address)
            try listen(descriptor, backlog: backlog)
            return ListeningSocket(descriptor: descriptor, address: address, file: identity(of: path))
        } catch {
            SystemCall.close(descriptor)
            throw error
        }
    }

    /// Removes the path of a socket on which nobody answers.
    private static func removeStale(_ path: String, _ address: SocketAddress) throws(NetworkError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .pathOccupied(path) }
        let descriptor = try makeSocket(for: address)
        defer { SystemCall.close(descriptor) }
        var target = try SystemAddress(address)
        let code = unsafe connect(descriptor, tideline_sockaddr(&target.storage), target.length) == 0 ? 0 : errno
        // Only a refusal proves that nobody listens; a full backlog (EAGAIN) is somebody.
        guard code == ECONNREFUSED else { throw .addressInUse(address) }
        unsafe unlink(path)
    }

    private static func identity(of path: String) -> FileIdentity? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }

    // MARK: System calls

    private init(descriptor: Int32, address: SocketAddress, file: FileIdentity? = nil) {
        self.descriptor = descriptor
        self.address = address
        self.file = file
    }

    private static func makeSocket(for address: SocketAddress) throws(NetworkError) -> Int32 {
        let family =
            switch address {
            case .v4: AF_INET
            case .v6: AF_INET6
            case .unix: AF_UNIX
            }
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(type), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, to address: SocketAddress) throws(NetworkError) {
        var target = try SystemAddress(address)
        guard unsafe Glibc.bind(descriptor, tideline_sockaddr(&target.storage), target.length) != 0 else { return }
        switch errno {
        case EADDRINUSE: throw .addressInUse(address)
        case EADDRNOTAVAIL: throw .addressUnavailable(address)
        case EACCES: throw .permissionDenied(address)
        case let code: throw .system(call: "bind", code: code)
        }
    }

    private static func listen(_ descriptor: Int32, backlog: Int32) throws(NetworkError) {
        guard Glibc.listen(descriptor, backlog) == 0 else { throw .system(call: "listen", code: errno) }
    }

    static func boundAddress(of descriptor: Int32) throws(NetworkError) -> SocketAddress {
        var bound = SystemAddress()
        guard unsafe getsockname(descriptor, tideline_sockaddr(&bound.storage), &bound.length) == 0 else {
            throw .system(call: "getsockname", code: errno)
        }
        return bound.decoded()
    }
}
