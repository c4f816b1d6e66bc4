import Glibc
import Networking
import Synchronization
import Telemetry
import Testing

/// Runs a test on running loops, and ends them.
func withLoops(
    _ count: Int = 1, log: Log = .discarded, metrics: MetricsRegistry = MetricsRegistry(),
    _ body: (LoopGroup) async throws -> Void
) async throws {
    let group = try LoopGroup(count: count, log: log, metrics: metrics)
    group.start()
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(group)) } catch { outcome = .failure(error) }
    group.stop()
    group.join()
    try outcome.get()
}

extension EventLoop {
    /// Runs `body` on the loop and waits for its value.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }
}

/// Values that arrive from callbacks, awaited one by one.
final class Feed<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiter: CheckedContinuation<Value?, Never>?
    }

    private let state = Mutex(State())

    func send(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            if let waiter = state.waiter.take() { return waiter }
            state.values.append(value)
            return nil
        }
        waiter?.resume(returning: value)
    }

    /// The next value; nil when the test's time is over.
    func next() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Value?? in
                    if Task.isCancelled { return .some(nil) }
                    if !state.values.isEmpty { return state.values.removeFirst() }
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: nil)
        }
    }

    /// What has arrived and was not awaited.
    var pending: [Value] { state.withLock { $0.values } }
}

/// A handler whose behaviour a test puts together; everything it is told also goes into a feed.
final class Probe: ConnectionHandler {
    enum Notice: Equatable, Sendable {
        case opened
        case received([UInt8])
        case writable
        case peerClosed
        case closed(CloseReason)
    }

    let feed: Feed<Notice>
    var onReceived: (Connection, [UInt8]) -> Int = { $1.count }
    var onWritable: (Connection) -> Void = { _ in }
    /// Handlers hold their connections; this one may, too. Let go as the contract says: when the connection closed.
    var kept: Connection?
    /// How far a script has come.
    var position = 0

    init(_ feed: Feed<Notice>) {
        self.feed = feed
    }

    func connection(_ connection: Connection, received bytes: RawSpan) -> Int {
        let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        feed.send(.received(copy))
        return onReceived(connection, copy)
    }

    func connectionWritable(_ connection: Connection) {
        feed.send(.writable)
        onWritable(connection)
    }

    func connectionPeerClosed(_ connection: Connection) { feed.send(.peerClosed) }
    func connectionClosed(_ connection: Connection, reason: CloseReason) {
        kept = nil
        feed.send(.closed(reason))
    }
}

/// A connected pair: our end a connection with a probe on a loop, the other end a plain blocking socket.
struct Pair: Sendable {
    let connection: LoopBound<Connection>
    let notices: Feed<Probe.Notice>
    let client: Client

    /// - Parameter setUp: on the loop, before any byte is read.
    static func make(
        on loop: EventLoop, kind: Client.Kind = .tcp,
        setUp: @escaping @Sendable (Connection, Probe) -> Void = { _, _ in }
    ) async throws -> Pair {
        let (server, client) = try Client.connectedPair(kind)
        let tls = kind == .tls ? try TestCertificate.context() : nil
        let notices = Feed<Probe.Notice>()
        let connection = await loop.run {
            var opened: LoopBound<Connection>?
            Connection.open(
                descriptor: server, peer: kind == .tcp ? .v4(0x7F00_0001, port: 1) : .unix(path: ""), on: loop,
                tls: tls
            ) { connection in
                let probe = Probe(notices)
                connection.handler = probe
                if tls == nil { setUp(connection, probe) }
                opened = LoopBound(connection, loop: loop)
            }
            return opened
        }
        let pair = Pair(connection: try #require(connection), notices: notices, client: client)
        if tls != nil { await pair.shakeHands(setUp) }
        return pair
    }

    /// A server speaks second: what a test does comes after the client's first byte.
    private func shakeHands(_ setUp: @escaping @Sendable (Connection, Probe) -> Void) async {
        client.send([0])
        #expect(await notices.next() == .received([0]))
        await run { connection in
            guard let probe = connection.handler as? Probe else { return }
            setUp(connection, probe)
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable (Connection) -> Value) async -> Value {
        let connection = connection
        return await connection.loop.run { body(connection.value) }
    }
}
