import Glibc
import Networking
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    private static let anyPort = SocketAddress.v4(0x7F00_0001, port: 0)

    @Test func `every loop accepts at the one port that the system chose`() async throws {
        try await withLoops(2) { group in
            let opened = Feed<Int>()
            let listener = try listen(Self.anyPort, on: group) { opened.send($0.loop.index) }
            listener.start()

            var clients: [Client] = []
            var loops: Set<Int> = []
            for _ in 0..<64 {
                clients.append(try Client(to: listener.address))
                loops.insert(await opened.next() ?? -1)
            }

            #expect(listener.address.port != 0)
            #expect(loops == [0, 1])
            await listener.stop()
        }
    }

    @Test func `a second listener on the port is refused`() async throws {
        try await withLoops(2) { group in
            let listener = try listen(Self.anyPort, on: group)
            listener.start()

            #expect(throws: NetworkError.addressInUse(listener.address)) { try listen(listener.address, on: group) }

            await listener.stop()
            let successor = try listen(listener.address, on: group)
            await successor.stop()
        }
    }

    @Test func `an address of another machine is refused`() async throws {
        try await withLoops { group in
            let foreign = SocketAddress.v4(0xC000_0201, port: 8080)
            #expect(throws: NetworkError.addressUnavailable(foreign)) { try listen(foreign, on: group) }
        }
    }

    @Test func `IPv6 peers are served`() async throws {
        try await withLoops { group in
            do {
                let listener = try listen(.v6(0, 1, port: 0), on: group)
                #expect(listener.address.text.hasPrefix("[::1]:"))
                await listener.stop()
            } catch NetworkError.addressUnavailable {
                // A machine without IPv6 has nothing to show.
            }
        }
    }

    @Test func `connections that pile up on one loop are handed over`() async throws {
        let metrics = MetricsRegistry()
        try await withLoops(4, metrics: metrics) { group in
            // Only the first loop accepts at a Unix socket.
            let path = temporaryPath()
            let opened = Feed<Int>()
            let listener = try listen(.unix(path: path), on: group, metrics: metrics) { connection in
                #expect(connection.loop.isCurrent)
                opened.send(connection.loop.index)
            }
            listener.start()

            var clients: [Client] = []
            for _ in 0..<100 {
                clients.append(try Client(to: listener.address))
                _ = await opened.next()
            }

            let loads = group.loops.map(\.connectionCount)
            #expect(loads.reduce(0, +) == 100)
            #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 8)
            #expect(
                metrics.counter("tideline_connections_handed_over_total", help: "").value == loads[1...].reduce(0, +))
            await listener.stop()
        }
    }

    @Test func `without descriptors accepting pauses, warns once and goes on by itself`() async throws {
        let lines = Mutex<[String]>([])
        let log = Log(sink: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
        let metrics = MetricsRegistry()
        try await withLoops(log: log) { group in
            let calls = AttemptCount()
            var settings = Listener.Settings()
            settings.firstPause = .milliseconds(20)
            settings.longestPause = .milliseconds(40)
            let accept = settings.accept
            settings.accept = { listening in
                if calls.next() <= 3 {
                    errno = calls.value == 2 ? ENFILE : EMFILE
                    return -1
                }
                return accept(listening)
            }
            let opened = Feed<Bool>()
            let listener = try listen(Self.anyPort, on: group, settings: settings, log: log, metrics: metrics) { _ in
                opened.send(true)
            }
            listener.start()

            let client = try Client(to: listener.address)

            #expect(await opened.next() == true)
            // Three failures, the success, and at most one look that found nobody else: no spinning in between.
            #expect(calls.value <= 5)
            #expect(metrics.counter("tideline_accept_pauses_total", help: "").value == 3)
            #expect(lines.withLock { $0 }.count == 1)
            #expect(lines.withLock { $0[0] }.contains(#""level":"warning""#))
            withExtendedLifetime(client) {}
            await listener.stop()
        }
    }

    @Test func `one failed connection does not stop the next`() async throws {
        try await withLoops { group in
            let calls = AttemptCount()
            var settings = Listener.Settings()
            let accept = settings.accept
            settings.accept = { listening in
                if calls.next() == 1 {
                    errno = ECONNABORTED
                    return -1
                }
                return accept(listening)
            }
            let opened = Feed<Bool>()
            let listener = try listen(Self.anyPort, on: group, settings: settings) { _ in opened.send(true) }
            listener.start()

            let client = try Client(to: listener.address)

            #expect(await opened.next() == true)
            withExtendedLifetime(client) {}
            await listener.stop()
        }
    }

    @Test func `stopping takes everybody whose connection was completed`() async throws {
        try await withLoops { group in
            let opened = Feed<Bool>()
            var settings = Listener.Settings()
            settings.acceptsPerTurn = 1
            let listener = try listen(Self.anyPort, on: group, settings: settings) { _ in opened.send(true) }

            // Completed by the kernel before the loop ever looks.
            let clients = try (0..<20).map { _ in try Client(to: listener.address) }
            listener.start()
            await listener.stop()

            #expect(opened.pending.count == 20)
            #expect(group.loops[0].connectionCount == 20)
            #expect(throws: Client.Refused.self) { try Client(to: listener.address) }
            withExtendedLifetime(clients) {}
        }
    }

    @Test func `a Unix socket is for its owner only and its path goes with it`() async throws {
        try await withLoops { group in
            let path = temporaryPath()
            let listener = try listen(.unix(path: path), on: group)
            listener.start()

            #expect(fileMode(path) == S_IFSOCK | 0o600)
            #expect(throws: NetworkError.addressInUse(.unix(path: path))) { try listen(.unix(path: path), on: group) }
            await listener.stop()
            #expect(fileMode(path) == nil)
        }
    }

    @Test func `a stale Unix socket is replaced, anything else is not`() async throws {
        try await withLoops { group in
            let path = temporaryPath()
            // Bound and never listened on: what a killed process leaves behind.
            let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            bindUnix(stale, path)
            close(stale)
            let listener = try listen(.unix(path: path), on: group)
            listener.start()
            await listener.stop()

            let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
            close(file)
            #expect(throws: NetworkError.pathOccupied(path)) { try listen(.unix(path: path), on: group) }
            #expect(fileMode(path) == S_IFREG | 0o600)
            unsafe unlink(path)
        }
    }

    @Test(arguments: [(107, true), (108, false)])
    func `a Unix path fits or is refused`(count: Int, isAccepted: Bool) async throws {
        try await withLoops { group in
            let folder = temporaryPath() + "-"
            let path = folder + String(repeating: "x", count: count - folder.utf8.count)

            if isAccepted {
                let listener = try listen(.unix(path: path), on: group)
                listener.start()
                await listener.stop()
            } else {
                #expect(throws: NetworkError.pathTooLong(path)) { try listen(.unix(path: path), on: group) }
            }
        }
    }
}

/// A listener whose connections are kept by a handler that does nothing.
@discardableResult
private func listen(
    _ address: SocketAddress, on group: LoopGroup, settings: Listener.Settings = Listener.Settings(),
    log: Log = .discarded,
    metrics: MetricsRegistry = MetricsRegistry(), opened: @escaping @Sendable (Connection) -> Void = { _ in }
) throws(NetworkError) -> Listener {
    try Listener(address: address, on: group, settings: settings, log: log, metrics: metrics) { connection in
        connection.handler = Probe(Feed())
        opened(connection)
    }
}

private final class AttemptCount: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}

private func temporaryPath() -> String {
    "/tmp/tl-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
}

private func fileMode(_ path: String) -> mode_t? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode : nil
}

private func bindUnix(_ descriptor: Int32, _ path: String) {
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &target.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
    unsafe withUnsafePointer(to: &target) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
