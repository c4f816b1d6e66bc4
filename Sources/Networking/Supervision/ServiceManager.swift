import CLinux
import Glibc

/// The service manager that started this process, told by datagrams how it is (sd_notify(3), without its library).
///
/// Where there is none, every call does nothing. A message that cannot be sent is lost: the manager then acts as if the
/// process had not spoken, which is what its time-outs are for.
package final class ServiceManager: Sendable {
    private let descriptor: Int32
    private let address: [UInt8]
    /// `WatchdogSec=` of the unit; nil without.
    private let watchdogInterval: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are looked at.
    package init(environment: [String: String], processID: Int32 = getpid()) {
        address = Self.address(environment["NOTIFY_SOCKET"] ?? "") ?? []
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = address.isEmpty ? -1 : socket(AF_UNIX, type, 0)
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    deinit { if descriptor >= 0 { SystemCall.close(descriptor) } }

    /// Everything is up: connections are accepted. Also ends a reload.
    package func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// The configuration is being read again; ``ready(_:)`` must follow.
    package func reloading() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)")
    }

    /// The end has begun.
    package func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(status)") }

    /// From now on, says three times in each interval of the watchdog that every loop still turns: a loop that hangs stops it
    /// and gets the process restarted. A slow disk does not, since no loop waits for it, and a restart would not mend it.
    package func watch(_ loops: [EventLoop]) {
        guard let watchdogInterval, descriptor >= 0, let first = loops.first else { return }
        first.execute { self.beat(loops, every: watchdogInterval / 3) }
    }

    /// Once around all loops and back to the first, on which this runs.
    private func beat(_ loops: [EventLoop], every interval: Duration) {
        _ = loops[0].schedule(after: interval) { self.beat(loops, every: interval) }
        pass(loops[...])
    }

    private func pass(_ rest: ArraySlice<EventLoop>) {
        guard let next = rest.first else { return send("WATCHDOG=1") }
        next.execute { self.pass(rest.dropFirst()) }
    }

    private func send(_ text: String) {
        guard descriptor >= 0 else { return }
        let bytes = Array(text.utf8)
        _ = unsafe address.withUnsafeBytes { address in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe tideline_send_to(
                    descriptor, bytes.baseAddress, bytes.count, address.baseAddress, socklen_t(address.count))
            }
        }
    }

    /// The bytes of a `sockaddr_un`: a path, or after `@` a name in the abstract namespace; nil for anything else.
    private static func address(_ text: String) -> [UInt8]? {
        var path = Array(text.utf8)
        guard path.count >= 2, path.count < 108, path[0] == UInt8(ascii: "/") || path[0] == UInt8(ascii: "@") else {
            return nil
        }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        var family = sa_family_t(AF_UNIX)
        return unsafe withUnsafeBytes(of: &family) { unsafe Array($0) } + path
    }
}
