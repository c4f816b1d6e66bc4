import CLinux
import Glibc
import Synchronization
import Telemetry

/// One listening socket on its loop: accepts, chooses the home of each connection, and pauses when descriptors run out.
///
/// A pause takes the socket out of the epoll set's interest and a timer brings it back: a listener that stayed ready while
/// accept fails would spin. New connections wait in the kernel's backlog meanwhile.
final class AcceptSource {
    private let socket: ListeningSocket
    private let loop: EventLoop
    private let group: LoopGroup
    private let settings: Listener.Settings
    private let log: Log
    private let instruments: AcceptInstruments
    private let open: @Sendable (Connection) -> Void

    private enum Phase {
        case bound
        case accepting(Registration)
        case closed
    }

    private var phase = Phase.bound
    /// Grows with each pause in a row.
    private var nextPause: Duration
    private var resumption: TimerID?
    private var lastWarning: MonotonicTime?

    init(
        socket: ListeningSocket, loop: EventLoop, group: LoopGroup, settings: Listener.Settings, log: Log,
        instruments: AcceptInstruments, open: @escaping @Sendable (Connection) -> Void
    ) {
        self.socket = socket
        self.loop = loop
        self.group = group
        self.settings = settings
        self.log = log
        self.instruments = instruments
        self.open = open
        nextPause = settings.firstPause
    }

    func start() {
        guard case .bound = phase else { return }
        let registration = loop.registrations.insert(self)
        phase = .accepting(registration)
        precondition(watch(as: registration) == 0, "a listening socket could not be watched")
    }

    /// - Returns: 0, or errno.
    private func watch(as registration: Registration) -> Int32 {
        let events = socket.isShared ? Readiness.input | Readiness.exclusive : Readiness.input
        return loop.epoll.add(socket.descriptor, events: events, as: registration)
    }

    /// Empties the backlog, so that nobody whose connection was completed is turned away, and closes. A shared backlog is left
    /// to those who go on with it.
    func stop() {
        if case .closed = phase { return }
        if !socket.isShared { _ = accept(atMost: Int(settings.backlog)) }
        close()
    }

    private func close() {
        if case .accepting(let registration) = phase {
            loop.epoll.remove(socket.descriptor)
            loop.registrations.remove(registration)
        }
        if let timer = resumption.take() { loop.cancel(timer) }
        phase = .closed
        socket.close()
    }

    /// - Returns: errno when accepting cannot go on for now, else 0.
    private func accept(atMost limit: Int) -> Int32 {
        for _ in 0..<limit {
            let descriptor = settings.accept(socket.descriptor)
            if descriptor >= 0 {
                nextPause = settings.firstPause
                assign(descriptor)
                continue
            }
            switch errno {
            case EAGAIN: return 0
            // What befell one connection before we took it (accept(2), "Error handling") says nothing of the next.
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                ENETUNREACH:
                continue
            case let code: return code
            }
        }
        return 0
    }

    private func assign(_ descriptor: Int32) {
        instruments.accepted.increment()
        let home = group.home(forAcceptedOn: loop)
        home.connectionLoad.wrappingAdd(1, ordering: .relaxed)
        let peer = SystemAddress.peer(of: descriptor)
        if home === loop {
            Connection.openCounted(descriptor: descriptor, peer: peer, on: loop, tls: settings.tls?(), setUp: open)
            return
        }
        instruments.handedOver.increment()
        let isTaken = home.execute { [open, settings] in
            Connection.openCounted(descriptor: descriptor, peer: peer, on: home, tls: settings.tls?(), setUp: open)
        }
        if !isTaken { SystemCall.close(descriptor) }
    }

    private func pause(_ code: Int32, _ registration: Registration) {
        instruments.pauses.increment()
        if lastWarning.map({ loop.now - $0 >= .seconds(60) }) ?? true {
            lastWarning = loop.now
            log.warning(
                "accepting paused; raise the descriptor limit or lower streams.maxConnections",
                ["listen.address": .string(socket.address.text), "error": .string(SystemCall.describe(code))])
        }
        loop.epoll.remove(socket.descriptor)
        resumption = loop.schedule(after: nextPause) { [self] in
            resumption = nil
            _ = watch(as: registration)
        }
        nextPause = min(nextPause * 2, settings.longestPause)
    }

    /// accept4(2): non-blocking, close-on-exec.
    static let systemAccept: @Sendable (Int32) -> Int32 = { tideline_accept4($0, nil, nil) }
}

extension AcceptSource: Selectable {
    func ready(_ events: UInt32) {
        guard case .accepting(let registration) = phase else { return }
        let code = accept(atMost: settings.acceptsPerTurn)
        if code != 0 { pause(code, registration) }
    }

    func loopStopped() {
        close()
    }
}
