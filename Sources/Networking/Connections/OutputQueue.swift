/// Bytes that wait for the socket, in pieces that may be shared with others. Empty, it owns no memory.
struct OutputQueue {
    private var pieces: [[UInt8]] = []
    /// The first piece not wholly sent.
    private var first: Int32 = 0
    /// How much of it was sent.
    private var offset = 0
    /// All that waits.
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }

    mutating func append(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        byteCount += piece.count
    }

    /// Offers the next bytes to `send` as one run: a large piece as it is, smaller ones gathered in `scratch`.
    func withNextRun(
        gatheringIn scratch: UnsafeMutableRawBufferPointer, _ send: (UnsafeRawBufferPointer) -> Transfer
    ) -> Transfer {
        let head = pieces[Int(first)]
        if pieces.count == Int(first) + 1 || head.count - offset >= scratch.count {
            return unsafe head.withUnsafeBytes { unsafe send(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        }
        var filled = 0
        var skipped = offset
        for piece in pieces[Int(first)...] where filled < scratch.count {
            let count = min(piece.count - skipped, scratch.count - filled)
            unsafe piece.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[filled...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[skipped..<skipped + count]))
            }
            filled += count
            skipped = 0
        }
        return unsafe send(UnsafeRawBufferPointer(rebasing: scratch[..<filled]))
    }

    /// Forgets the next `count` bytes, which were sent.
    mutating func remove(_ count: Int) {
        byteCount -= count
        if byteCount == 0 {
            self = OutputQueue()
            return
        }
        offset += count
        while offset >= pieces[Int(first)].count {
            offset -= pieces[Int(first)].count
            pieces[Int(first)] = []
            first += 1
        }
        // Amortized: each removal of the sent front costs no more than the sends that led to it.
        if first > 64 && Int(first) * 2 > pieces.count {
            pieces.removeFirst(Int(first))
            first = 0
        }
    }
}
