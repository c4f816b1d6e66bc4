import Glibc

/// The monotonic clock, in nanoseconds since an arbitrary start shared by all processes of the machine.
enum Monotonic {
    static let second: Int64 = 1_000_000_000

    static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * second + Int64(time.tv_nsec)
    }

    /// Blocks the calling thread; used only between measurements.
    static func sleep(seconds: Double) {
        usleep(UInt32(seconds * 1_000_000))
    }
}
