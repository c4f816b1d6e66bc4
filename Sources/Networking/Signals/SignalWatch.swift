import CLinux
import Glibc

/// A signal that the process acts on.
package enum ProcessSignal: Sendable, CaseIterable {
    /// SIGTERM: drain and exit.
    case terminate
    /// SIGINT (Ctrl-C): drain and exit.
    case interrupt
    /// SIGHUP: read the configuration again.
    case hangUp

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }
}

/// Delivers signals as ordinary work of a loop, by signalfd: no handler runs in the middle of anything.
///
/// ```swift
/// SignalWatch.block()              // first thing in the process, before any thread
/// group.start()
/// SignalWatch.start(on: group.loops[0]) { signal in … }
/// ```
package enum SignalWatch {
    /// Blocks the watched signals in the calling thread and in all threads it starts, and ignores SIGPIPE.
    package static func block() {
        var set = watchedSet()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Watches until the loop stops.
    /// - Parameter deliver: called on the loop, once for each signal; signals of one kind that arrive together are one.
    package static func start(
        on loop: EventLoop, deliver: @escaping @Sendable (ProcessSignal) -> Void
    ) throws(NetworkError) {
        var set = watchedSet()
        let descriptor = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system(call: "signalfd", code: errno) }
        loop.execute {
            SignalSource(descriptor: descriptor, loop: loop, deliver: deliver).start()
        }
    }

    private static func watchedSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in ProcessSignal.allCases { unsafe sigaddset(&set, signal.number) }
        return set
    }
}

/// The signalfd on its loop.
private final class SignalSource: Selectable {
    private let descriptor: Int32
    private let loop: EventLoop
    private let deliver: @Sendable (ProcessSignal) -> Void

    init(descriptor: Int32, loop: EventLoop, deliver: @escaping @Sendable (ProcessSignal) -> Void) {
        self.descriptor = descriptor
        self.loop = loop
        self.deliver = deliver
    }

    func start() {
        let registration = loop.registrations.insert(self)
        let code = loop.epoll.add(descriptor, events: Readiness.input, as: registration)
        precondition(code == 0, "a signalfd could not be watched")
    }

    func ready(_ events: UInt32) {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while unsafe read(descriptor, &information, size) == size {
            for signal in ProcessSignal.allCases where signal.number == Int32(information.ssi_signo) { deliver(signal) }
        }
    }

    func loopStopped() {
        SystemCall.close(descriptor)
    }
}
