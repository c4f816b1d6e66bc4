/// Takes the chunked framing (RFC 9112 §7.1) out of a body that arrives in pieces.
///
/// It is a state machine over bytes, so a piece may end anywhere. Payload is moved down in place: what follows in the
/// buffer is one contiguous text, which lets the scanner above ignore that there ever were chunks.
struct ChunkDecoder {
    private enum State {
        case size(Int)
        case sizeLineEnd(Int)
        case payload(Int)
        case payloadLineEnd
        case ended
    }

    private var state = State.size(0)

    /// Whether the last chunk has come: the server ended the body.
    var isEnded: Bool {
        if case .ended = state { return true }
        return false
    }

    /// Removes the framing of everything from `start` to the end of `buffer`.
    mutating func decode(_ buffer: inout ByteBuffer, from start: Int) throws(Failure) {
        var read = start
        var write = start
        let end = buffer.end
        while read < end {
            if case .payload(let remaining) = state {
                let count = min(remaining, end - read)
                buffer.move(read..<read + count, to: write)
                read += count
                write += count
                state = count == remaining ? .payloadLineEnd : .payload(remaining - count)
            } else {
                try step(buffer.storage[read])
                read += 1
            }
        }
        buffer.truncate(to: write)
    }

    /// Takes one byte of framing.
    private mutating func step(_ byte: UInt8) throws(Failure) {
        switch state {
        case .size(let size):
            if let digit = ChunkDecoder.hexadecimal(byte) {
                guard size < 1 << 40 else { throw Failure("a chunk size is too large") }
                state = .size(size << 4 | digit)
            } else if byte == UInt8(ascii: "\n") {
                state = size == 0 ? .ended : .payload(size)
            } else {
                state = .sizeLineEnd(size)
            }
        case .sizeLineEnd(let size):
            if byte == UInt8(ascii: "\n") { state = size == 0 ? .ended : .payload(size) }
        case .payloadLineEnd:
            switch byte {
            case UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"): state = .size(0)
            default: throw Failure("a chunk is longer than its size says")
            }
        case .payload, .ended: break
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
