import Glibc

/// A fixed block of bytes that sockets are read into, always by the thread that owns it.
///
/// `start ..< end` is what has been read and not yet taken. The one place of the load generator that touches raw
/// memory for reading; scanners above it see bounds-checked spans.
struct ByteBuffer {
    /// All of the block; only the first `end` bytes mean anything. Look at them by `storage.span.extracting(first: end)`.
    private(set) var storage: [UInt8]
    private(set) var end = 0

    init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

    /// Forgets everything and starts with `bytes`, what an earlier read left unfinished.
    mutating func reset(to bytes: [UInt8]) {
        end = 0
        append(bytes)
    }

    private mutating func append(_ bytes: [UInt8]) {
        precondition(end + bytes.count <= storage.count, "an unfinished line is longer than the buffer")
        for byte in bytes {
            storage[end] = byte
            end += 1
        }
    }

    /// One `recv` behind what is there.
    /// - Returns: the bytes read, 0 at the end of the stream, or `-errno`.
    mutating func receive(from socket: Int32) -> Int {
        let offset = end
        let count = unsafe storage.withUnsafeMutableBytes { raw in
            unsafe recv(socket, raw.baseAddress! + offset, raw.count - offset, Int32(MSG_DONTWAIT))
        }
        guard count >= 0 else { return -Int(errno) }
        end += count
        return count
    }

    var isFull: Bool { end == storage.count }

    /// Moves `source` down to `target`; used to take the framing out of a body in place.
    mutating func move(_ source: Range<Int>, to target: Int) {
        precondition(target <= source.lowerBound && source.upperBound <= storage.count)
        guard target != source.lowerBound else { return }
        unsafe storage.withUnsafeMutableBytes { raw in
            _ = unsafe memmove(raw.baseAddress! + target, raw.baseAddress! + source.lowerBound, source.count)
        }
    }

    mutating func truncate(to count: Int) {
        precondition(count <= end)
        end = count
    }

    func copy(_ range: Range<Int>) -> [UInt8] { Array(storage[range]) }
}

/// Searching bytes with the C library's vectorised routines.
enum ByteSearch {
    /// The first `byte` at or after `start`.
    static func first(_ byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard start < buffer.count, let base = buffer.baseAddress else { return nil }
            guard let hit = unsafe memchr(base + start, Int32(byte), buffer.count - start) else { return nil }
            return unsafe UnsafeRawPointer(base).distance(to: UnsafeRawPointer(hit))
        }
    }

    /// Where `needle` starts first in `bytes[range]`.
    static func first(_ needle: [UInt8], in bytes: Span<UInt8>, range: Range<Int>) -> Int? {
        var start = range.lowerBound
        while let hit = first(needle[0], in: bytes, from: start), hit + needle.count <= range.upperBound {
            var matched = 1
            while matched < needle.count, bytes[hit + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return hit }
            start = hit + 1
        }
        return nil
    }

    /// Whether `bytes` holds `text` at `offset`.
    static func matches(_ text: StaticString, in bytes: Span<UInt8>, at offset: Int) -> Bool {
        guard offset >= 0, offset + text.utf8CodeUnitCount <= bytes.count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe memcmp(buffer.baseAddress! + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
        }
    }
}
