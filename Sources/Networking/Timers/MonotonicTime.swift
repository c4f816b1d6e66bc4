import Glibc

/// A moment of the monotonic clock, in milliseconds since an arbitrary start; it never jumps.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Milliseconds since the clock's start.
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads the clock (25 ns). On a loop use ``EventLoop/now`` instead.
    package static func read() -> MonotonicTime {
        MonotonicTime(milliseconds: nanoseconds() / 1_000_000)
    }

    static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// Later by `duration`, which is rounded up to whole milliseconds and clamped to what the clock can say.
    package static func + (time: Self, duration: Duration) -> Self {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
        return MonotonicTime(milliseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    package static func - (left: Self, right: Self) -> Duration {
        .milliseconds(left.milliseconds.subtractingReportingOverflow(right.milliseconds).partialValue)
    }
}

extension Duration {
    /// Rounded up to whole milliseconds, clamped.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let rest =
            attoseconds <= 0 ? attoseconds / 1_000_000_000_000_000 : (attoseconds - 1) / 1_000_000_000_000_000 + 1
        let (sum, isTooFar) = product.addingReportingOverflow(rest)
        return isTooFar ? (seconds < 0 ? .min : .max) : sum
    }
}
