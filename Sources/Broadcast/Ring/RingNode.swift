import Events

/// A block of frames as one loop holds it, in a ring or as a fetched page.
final class RingNode {
    let block: FrameBlock
    let bytes: LocalBytes
    /// Where the block's bytes begin in the stream of all bytes the ring ever held; lag is a difference of two such offsets.
    var offset = 0
    /// Per filter of the workspace, which entries it lets through; made when the first stream with that filter comes by.
    private var verdicts: [Int32: ContiguousArray<Bool>] = [:]

    init(_ block: FrameBlock) {
        self.block = block
        bytes = LocalBytes(block.bytes)
    }

    /// Whether every stream without a filter may see every entry: then a run of entries is one run of bytes.
    var isPublic: Bool { block.audiences.isEmpty }

    /// The entry that holds `sequence`, or the first after it.
    func index(of sequence: SequenceNumber) -> Int { Int(max(sequence - block.first, 0)) }

    /// Whether `filter` lets `entry` through.
    func passes(_ entry: Int, filter: Int32, as pattern: TypeFilter) -> Bool {
        if let known = verdicts[filter] { return known[entry] }
        let made = ContiguousArray(block.types.map { pattern.matches($0) })
        verdicts[filter] = made
        return made[entry]
    }

    /// Forgets what was worked out for `filter`, whose number is being given to another pattern.
    func forget(filter: Int32) { verdicts[filter] = nil }
}
