import Glibc

/// The system's random numbers, fetched a page at a time: ids must not be guessable, and a system call for each costs
/// as much as an insert.
struct BufferedRandom: RandomNumberGenerator {
    private static let words = 512

    private var buffer: [UInt64] = []

    mutating func next() -> UInt64 {
        if buffer.isEmpty { refill() }
        return buffer.removeLast()
    }

    private mutating func refill() {
        buffer = Array(repeating: 0, count: Self.words)
        unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe arc4random_buf(start, bytes.count)
        }
    }
}
