import Events

/// One workspace as one loop serves it; confined to the loop.
final class ShardSpace {
    let registry: WorkspaceRegistry
    var ring: FrameRing
    /// The slots of its streams, dense; order means nothing.
    var members: ContiguousArray<Int32> = []
    /// The newest sampled figures; streams with an older version are owed them.
    var stats: LocalBytes?
    var statsVersion: UInt32 = 0
    /// Figures sampled for a stream being opened: the frame and its wrapping, reused while the source gives the same frame.
    var fresh: (frame: StatsFrame, bytes: LocalBytes)?
    /// Where the walk over `members` stands, and how many it still has to visit.
    var walkAt = 0
    var walkRemaining = 0
    var isWalking = false
    /// Monotonic milliseconds at which the last stream left; nil while there is one.
    var idleSince: Int64?
    /// Filters in use, by number, with how many streams use each.
    private(set) var filters: [(pattern: TypeFilter, users: Int)?] = []

    init(_ registry: WorkspaceRegistry, head: SequenceNumber) {
        self.registry = registry
        ring = FrameRing(next: head + 1)
    }

    /// The number of `pattern` among the filters in use.
    func retain(_ pattern: TypeFilter) -> Int32 {
        if let known = filters.firstIndex(where: { $0?.pattern == pattern }) {
            filters[known]?.users += 1
            return Int32(known)
        }
        let free = filters.firstIndex { $0 == nil } ?? filters.endIndex
        if free == filters.endIndex { filters.append(nil) }
        filters[free] = (pattern, 1)
        ring.forget(filter: Int32(free))
        return Int32(free)
    }

    func release(filter: Int32) {
        guard filter >= 0, let users = filters[Int(filter)]?.users else { return }
        if users == 1 { filters[Int(filter)] = nil } else { filters[Int(filter)]?.users = users - 1 }
    }

    func pattern(_ filter: Int32) -> TypeFilter? { filter < 0 ? nil : filters[Int(filter)]?.pattern }
}
