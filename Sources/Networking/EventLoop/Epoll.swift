import CLinux
import Glibc

/// An epoll set, level-triggered, and the eventfd that wakes its waiter.
///
/// The eventfd is registered edge-triggered and never read: each write is an edge of its own, and 2⁶⁴ writes never happen.
struct Epoll: ~Copyable {
    /// The token of the eventfd; no registration has it, because indexes stay below 2³².
    private static let wakeToken = UInt64.max

    private let descriptor: Int32
    private let wakeDescriptor: Int32

    init() throws(NetworkError) {
        let created = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard created >= 0 else { throw .system(call: "epoll_create1", code: errno) }
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else {
            let code = errno
            SystemCall.close(created)
            throw .system(call: "eventfd", code: code)
        }
        var event = unsafe epoll_event(
            events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data_t(u64: Self.wakeToken))
        guard unsafe epoll_ctl(created, EPOLL_CTL_ADD, wake, &event) == 0 else {
            let code = errno
            SystemCall.close(wake)
            SystemCall.close(created)
            throw .system(call: "epoll_ctl", code: code)
        }
        descriptor = created
        wakeDescriptor = wake
    }

    deinit {
        SystemCall.close(wakeDescriptor)
        SystemCall.close(descriptor)
    }

    /// Ends the wait that is running or the next one. Any thread.
    func wake() {
        _ = eventfd_write(wakeDescriptor, 1)
    }

    func add(_ descriptor: Int32, events: UInt32, as registration: Registration) -> Int32 {
        control(EPOLL_CTL_ADD, descriptor, events, registration)
    }

    func modify(_ descriptor: Int32, events: UInt32, as registration: Registration) -> Int32 {
        control(EPOLL_CTL_MOD, descriptor, events, registration)
    }

    /// Forgets a descriptor; needed where its file stays open under another, since closing one of them then changes nothing.
    func remove(_ descriptor: Int32) {
        var unused = unsafe epoll_event()
        _ = unsafe epoll_ctl(self.descriptor, EPOLL_CTL_DEL, descriptor, &unused)
    }

    /// Waits for up to `timeout` milliseconds (-1: until something happens).
    /// - Parameter ready: replaced by what is ready, up to its capacity.
    func wait(into ready: inout ReadyList, timeout: Int32) {
        let capacity = Int32(unsafe ready.events.count)
        ready.count = max(0, Int(unsafe epoll_wait(descriptor, &ready.events, capacity, timeout)))
    }

    private func control(_ operation: Int32, _ target: Int32, _ events: UInt32, _ registration: Registration) -> Int32 {
        var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: registration.token))
        return unsafe epoll_ctl(descriptor, operation, target, &event) == 0 ? 0 : errno
    }
}

/// The answer of one wait, in memory that is used again. Safe: only what epoll filled is read, and only as a token.
@safe struct ReadyList {
    fileprivate var events = unsafe [epoll_event](repeating: epoll_event(), count: 512)
    fileprivate(set) var count = 0

    /// The registration that is ready and epoll's bits; no one owns that of the wake-up.
    subscript(index: Int) -> (registration: Registration, bits: UInt32) {
        unsafe (Registration(token: events[index].data.u64), events[index].events)
    }
}

/// The bits of epoll that are used here, as plain numbers.
enum Readiness {
    static let input = EPOLLIN.rawValue
    static let output = EPOLLOUT.rawValue
    /// Wakes one of the sets that watch the same file, not all (epoll_ctl(2)); for adding only.
    static let exclusive = EPOLLEXCLUSIVE.rawValue
    /// The peer sends no more.
    static let peerClosed = EPOLLRDHUP.rawValue
    /// Both halves are closed; always reported.
    static let hangUp = EPOLLHUP.rawValue
    /// The socket has an error; always reported.
    static let error = EPOLLERR.rawValue
}
