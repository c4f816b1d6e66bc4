import CLinux
import Glibc

/// An epoll instance whose events carry a number that the caller chose.
@safe final class Poller {
    /// What a descriptor became ready for; hang-ups and errors count as readable, the read tells.
    struct Readiness {
        let key: UInt64
        let isReadable: Bool
        let isWritable: Bool
    }

    private let descriptor: Int32
    private var events: [epoll_event]

    init(capacity: Int = 1024) throws(Failure) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system("epoll_create1", errno) }
        unsafe events = [epoll_event](repeating: epoll_event(), count: capacity)
    }

    deinit { close(descriptor) }

    func add(_ socket: Int32, key: UInt64, writable: Bool = false) throws(Failure) {
        try control(EPOLL_CTL_ADD, socket, key, writable)
    }

    func change(_ socket: Int32, key: UInt64, writable: Bool) throws(Failure) {
        try control(EPOLL_CTL_MOD, socket, key, writable)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ key: UInt64, _ writable: Bool) throws(Failure) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue | (writable ? EPOLLOUT.rawValue : 0)
        unsafe event.data.u64 = key
        guard unsafe epoll_ctl(descriptor, operation, socket, &event) == 0 else { throw .system("epoll_ctl", errno) }
    }

    /// Waits up to `nanoseconds` (nil: for ever) and hands each ready key to `body`.
    func wait(nanoseconds: Int64?, _ body: (Readiness) throws(Failure) -> Void) throws(Failure) {
        let count: Int32
        if let nanoseconds {
            let bounded = max(0, nanoseconds)
            var timeout = timespec(tv_sec: Int(bounded / Monotonic.second), tv_nsec: Int(bounded % Monotonic.second))
            count = unsafe epoll_pwait2(descriptor, &events, Int32(events.count), &timeout, nil)
        } else {
            count = unsafe epoll_wait(descriptor, &events, Int32(events.count), -1)
        }
        guard count >= 0 else {
            if errno == EINTR { return }
            throw .system("epoll_wait", errno)
        }
        for index in 0..<Int(count) {
            let event = unsafe events[index]
            let readable = unsafe event.events & ~EPOLLOUT.rawValue != 0
            let writable = unsafe event.events & EPOLLOUT.rawValue != 0
            try body(Readiness(key: unsafe event.data.u64, isReadable: readable, isWritable: writable))
        }
    }
}
