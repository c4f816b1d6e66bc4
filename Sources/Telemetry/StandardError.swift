import Glibc
import Synchronization

extension Log {
    /// Writes each line to standard error with one write(2), so that lines of several threads never mix.
    ///
    /// A line that standard error does not take (closed, full pipe of a stopped reader) is lost: there is nowhere left to say so.
    package static let standardError: Sink = { line in
        standardErrorOrder.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let written = unsafe rest.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

private let standardErrorOrder = Mutex<Void>(())

/// The time of day.
package enum WallClock {
    /// Milliseconds since 1970, UTC.
    package static let milliseconds: @Sendable () -> Int64 = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
