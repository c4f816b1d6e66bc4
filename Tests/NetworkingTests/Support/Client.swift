import COpenSSL
import Glibc
import Networking
import Testing

/// The other end: a blocking socket, used where the answer is on its way already or on a thread of its own.
final class Client: Sendable {
    struct Refused: Error {}

    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Connects; the kernel completes it without our side accepting.
    convenience init(to address: SocketAddress) throws {
        let made = socket(address.isUnix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(made >= 0)
        self.init(descriptor: made)
        switch address {
        case .v4(let number, let port):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = port.bigEndian
            target.sin_addr.s_addr = number.bigEndian
            guard Self.connect(made, &target) == 0 else { throw Refused() }
        case .unix(let path):
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &target.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
            guard Self.connect(made, &target) == 0 else { throw Refused() }
        case .v6:
            Issue.record("the test client speaks IPv4")
        }
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    enum Kind: Sendable {
        /// Over loopback.
        case tcp
        /// A Unix-domain stream.
        case stream
        /// A Unix-domain socket that keeps the boundaries of sends.
        case packets
        /// Over loopback in TLS; the client is given the clear side.
        case tls
    }

    /// Two connected sockets; the server's end is non-blocking, as accept4 leaves it.
    static func connectedPair(_ kind: Kind = .tcp) throws -> (server: Int32, client: Client) {
        if kind == .tcp { return try connectedTCPPair() }
        if kind == .tls { return try connectedTLSPair() }
        var ends: [Int32] = [0, 0]
        let type = kind == .stream ? SOCK_STREAM.rawValue : SOCK_SEQPACKET.rawValue
        let code = unsafe socketpair(AF_UNIX, Int32(type), 0, &ends)
        try #require(code == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return (ends[0], Client(descriptor: ends[1]))
    }

    static func connectedTLSPair(
        serverName: String? = nil, maximumVersion: Int32 = TLS1_3_VERSION
    ) throws -> (server: Int32, client: Client) {
        let (server, secure) = try connectedTCPPair()
        var ends: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let pump = try TLSPump(
            plain: ends[0], secure: dup(secure.descriptor), serverName: serverName, maximumVersion: maximumVersion)
        Thread.run { pump.run() }
        return (server, Client(descriptor: ends[1]))
    }

    private static func connectedTCPPair() throws -> (server: Int32, client: Client) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = unsafe bind(listener, pointer, length)
                _ = listen(listener, 1)
                _ = unsafe getsockname(listener, pointer, &length)
            }
        }
        let client = try Client(to: .v4(0x7F00_0001, port: UInt16(bigEndian: address.sin_port)))
        let server = accept(listener, nil, nil)
        try #require(server >= 0)
        try #require(fcntl(server, F_SETFL, O_NONBLOCK) == 0)
        return (server, client)
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads until `count` bytes have come, or the end.
    func read(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < count {
            let got = unsafe recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return bytes
    }

    /// Reads to the end on a thread of its own.
    func readAll() async -> (bytes: [UInt8], isReset: Bool)? {
        let feed = Feed<(bytes: [UInt8], isReset: Bool)>()
        Thread.run { feed.send((self.read(.max), errno == ECONNRESET)) }
        return await feed.next()
    }

    /// One read, which returns at once when something is there; empty at the end.
    func readOnce() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let got = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer[..<max(0, got)])
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends RST and forgets the connection; the descriptor stays until deinit. Connecting to AF_UNSPEC is how Linux does that.
    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        var nowhere = sockaddr_in()
        nowhere.sin_family = sa_family_t(AF_UNSPEC)
        _ = Self.connect(descriptor, &nowhere)
    }
}

/// A thread for calls that block, so that the test's own executor never does.
enum Thread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument)
        precondition(code == 0)
        pthread_detach(thread)
    }
}
