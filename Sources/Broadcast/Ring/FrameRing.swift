import Events

/// The newest frames of one workspace on one loop: what live streams are served from.
///
/// Invariants: the blocks are gapless in seq; ``next`` is the seq that must come next, also while the ring is empty;
/// everything from ``lower`` up to ``next`` is here, everything below has to be fetched from the log.
struct FrameRing {
    /// What ``append(_:)`` did with a block.
    enum Outcome: Equatable {
        case appended
        /// Known already: dropped.
        case duplicate
        /// It does not follow: the ring was emptied and begins anew with it; the hole is read from the log by the streams.
        case restarted
    }

    /// nil before ``start``: evicted blocks are let go of at once, their places are removed in bulk.
    private var nodes: ContiguousArray<RingNode?> = []
    private var start = 0
    private(set) var next: SequenceNumber
    /// Bytes ever appended; the offset of whatever comes next.
    private(set) var endOffset = 0
    /// What the blocks held now cost, in bytes.
    private(set) var cost = 0

    /// An empty ring whose next event is `next`.
    init(next: SequenceNumber) { self.next = next }

    /// The lowest seq that can be served from here; ``next`` while the ring is empty.
    var lower: SequenceNumber { start < nodes.count ? node(at: start).block.first : next }
    var isEmpty: Bool { start == nodes.count }
    var count: Int { nodes.count - start }

    /// The block at an index that ``locate(_:)`` gave.
    func node(at index: Int) -> RingNode {
        guard let node = nodes[index] else { preconditionFailure("the ring's block \(index) was evicted") }
        return node
    }

    /// Takes the next block of the workspace; earlier ones are dropped as duplicates.
    mutating func append(_ node: RingNode) -> Outcome {
        if node.block.end <= next { return .duplicate }
        var outcome = Outcome.appended
        if node.block.first != next {
            removeAll()
            outcome = .restarted
        }
        node.offset = endOffset
        endOffset += node.block.bytes.count
        cost += node.block.cost
        next = node.block.end
        nodes.append(node)
        return outcome
    }

    /// The index of the block that holds `sequence`; nil when it lies outside `lower ..< next`.
    func locate(_ sequence: SequenceNumber) -> Int? {
        guard sequence < next, sequence >= lower, !isEmpty else { return nil }
        // Nearly every stream stands in the newest block.
        if sequence >= node(at: nodes.count - 1).block.first { return nodes.count - 1 }
        var low = start
        var high = nodes.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if node(at: middle).block.first <= sequence { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The bytes that lie before a stream whose next seq is `sequence`, everything below the ring counted as its edge.
    func lag(from sequence: SequenceNumber) -> Int {
        guard let found = locate(max(sequence, lower)) else { return 0 }
        let node = node(at: found)
        return endOffset - node.offset - node.block.entries[node.index(of: max(sequence, lower))].start
    }

    /// Lets go of the oldest block.
    /// - Returns: the bytes of memory given back.
    mutating func evictOldest() -> Int {
        guard !isEmpty else { return 0 }
        let freed = node(at: start).block.cost
        cost -= freed
        nodes[start] = nil
        start += 1
        if start > 32, start * 2 > nodes.count {
            nodes.removeFirst(start)
            start = 0
        }
        return freed
    }

    /// Forgets what was worked out for `filter`.
    func forget(filter: Int32) {
        for node in nodes { node?.forget(filter: filter) }
    }

    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: false)
        start = 0
        cost = 0
    }
}
