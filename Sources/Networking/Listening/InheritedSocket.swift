import CLinux
import Glibc

/// A listening socket that a service manager has opened and holds as well (sd_listen_fds(3)).
///
/// Because the manager keeps it open, its queue of connections outlives this process: while nobody accepts, those who
/// connect wait for the next process instead of being refused.
package struct InheritedSocket: Sendable {
    /// The first descriptor that is passed (SD_LISTEN_FDS_START).
    private static let firstDescriptor: Int32 = 3
    /// More than any configuration has; bounds what a mistyped number makes us look at.
    private static let maximumCount = 64

    let descriptor: Int32
    /// `FileDescriptorName=` of the unit, for logs.
    package let name: String
    package let address: SocketAddress

    /// The sockets that `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES` announce to this process; none where they are meant
    /// for another. They become non-blocking and are closed in programs that this one starts.
    /// - Throws: `.notListening` for one that accepts no stream connections.
    package static func all(
        in environment: [String: String], processID: Int32 = getpid()
    ) throws(NetworkError) -> [InheritedSocket] {
        guard environment["LISTEN_PID"] == "\(processID)", let count = environment["LISTEN_FDS"].flatMap({ Int($0) }),
            (1...maximumCount).contains(count)
        else { return [] }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var sockets: [InheritedSocket] = []
        for index in 0..<count {
            let name = index < names.count && !names[index].isEmpty ? String(names[index]) : "unknown"
            sockets.append(try InheritedSocket(descriptor: firstDescriptor + Int32(index), name: name))
        }
        return sockets
    }

    init(descriptor: Int32, name: String) throws(NetworkError) {
        guard Self.option(descriptor, SO_ACCEPTCONN) == 1,
            Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
        else { throw .notListening(name: name, descriptor: descriptor) }
        self.descriptor = descriptor
        self.name = name
        address = try ListeningSocket.boundAddress(of: descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        if !address.isUnix {
            SystemCall.setOption(descriptor, level: Int32(IPPROTO_TCP), name: TCP_NODELAY, value: 1)
        }
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
