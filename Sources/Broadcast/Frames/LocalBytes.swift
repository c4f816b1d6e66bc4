import Glibc

/// Shared bytes as one loop holds them: wrapped once per loop, so that no two threads touch the same reference count.
///
/// The address is taken once. It stays valid as long as this object lives: a `ContiguousArray` has native storage that
/// never moves unless it is mutated, and `storage` is a constant.
@safe final class LocalBytes {
    private let storage: ContiguousArray<UInt8>
    private let base: UnsafeMutableRawPointer?

    init(_ bytes: ContiguousArray<UInt8>) {
        storage = bytes
        unsafe base = bytes.withUnsafeBytes { unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress) }
    }

    var count: Int { storage.count }

    /// The bytes in `range` as a vector of `writev`; the caller keeps this object alive while it is used.
    func vector(_ range: Range<Int>) -> iovec {
        precondition(range.lowerBound >= 0 && range.upperBound <= storage.count, "a vector within the bytes")
        return unsafe iovec(iov_base: base.map { unsafe $0 + range.lowerBound }, iov_len: range.count)
    }
}
