import Events
import Glibc

/// The vectors of one `writev` and what each of them stands for; one per shard, used again for every flush.
@safe struct Gather {
    /// The most vectors a call takes: beyond 64 the kernel's copying gains nothing.
    static let maximumVectors = 64
    /// The most bytes a call offers, so that one stream never holds the loop for long.
    static let maximumBytes = 256 << 10

    /// What a vector stands for.
    enum Part {
        /// The rest of the frame begun before.
        case partial
        /// Connected, reset, position: bytes made for this stream.
        case control(LocalBytes, ControlSet)
        /// Fresh or newest stats; shared bytes.
        case stats(LocalBytes, isFresh: Bool)
        case ping(LocalBytes)
        /// Frames of the entries `from ... through` of a block, contiguous in its bytes.
        case frames(RingNode, from: Int, through: Int, start: Int)
        case closing(LocalBytes)
    }

    private(set) var parts: ContiguousArray<Part> = []
    private var vectors: ContiguousArray<iovec> = unsafe []
    private(set) var byteCount = 0
    /// The cursor once all of this is sent: also past hidden events that follow the last frame.
    var cursor: SequenceNumber = 0

    var isEmpty: Bool { parts.isEmpty }
    var hasRoom: Bool { parts.count < Self.maximumVectors && byteCount < Self.maximumBytes }

    mutating func reset(cursor: SequenceNumber) {
        parts.removeAll(keepingCapacity: true)
        unsafe vectors.removeAll(keepingCapacity: true)
        byteCount = 0
        self.cursor = cursor
    }

    mutating func add(_ part: Part, _ bytes: LocalBytes, _ range: Range<Int>) {
        parts.append(part)
        unsafe vectors.append(bytes.vector(range))
        byteCount += range.count
    }

    /// How many bytes the part at `index` offers.
    func length(_ index: Int) -> Int { unsafe vectors[index].iov_len }

    /// Offers everything to `transport` in one call.
    func write(to transport: any StreamTransport) -> Int {
        unsafe vectors.withUnsafeBufferPointer { unsafe transport.write($0) }
    }

    /// Takes back the hold on shared bytes, so that an idle shard keeps no evicted block alive.
    mutating func clear() { parts.removeAll(keepingCapacity: true) }
}

/// The rest of a frame whose first bytes have left; it is finished before anything else, and outlives its place in the ring.
struct Partial {
    let bytes: LocalBytes
    var range: Range<Int>
}
