import Events
import Telemetry

/// Where a page of the log begins.
struct PageKey: Hashable {
    let workspace: WorkspaceKey
    let after: SequenceNumber
}

/// Serving streams below their ring from pages of the log, one page at a time.
extension Shard {
    /// How much of the log one page holds, in bytes.
    private static let pageBytes = 256 << 10

    /// Asks for the page that begins at `sequence`; a crowd that resumes from the same place reads it once.
    func requestPage(_ slot: Int, _ space: ShardSpace, at sequence: SequenceNumber) {
        slots[slot].phase = .fetching
        guard !slots[slot].isAwaitingPage else { return }
        slots[slot].isAwaitingPage = true
        let token = StreamToken(slot: Int32(slot), generation: slots[slot].generation)
        let key = PageKey(workspace: space.registry.key, after: sequence - 1)
        awaited[key, default: []].append(token)
        guard awaited[key]?.count == 1 else { return }
        hub.metrics.pages.increment()
        let shard = index
        hub.replay.fetch(key.workspace, after: key.after, maximumBytes: Self.pageBytes) { [hub] page in
            hub.perform(on: shard) { $0.receive(page, for: key) }
        }
    }

    /// Gives a page to the streams that wait for it.
    func receive(_ page: ReplayPage, for key: PageKey) {
        guard let waiting = awaited.removeValue(forKey: key) else { return }
        var node: RingNode?
        if case .frames(let block) = page { node = RingNode(block) }
        for token in waiting {
            guard let slot = find(token) else { continue }
            slots[slot].isAwaitingPage = false
            guard slots[slot].phase == .fetching else { continue }
            switch page {
            case .frames(let block):
                guard block.first == slots[slot].cursor, let node else {
                    reset(slot, .pruned)
                    break
                }
                slots[slot].page = pages.insert(node)
            case .end:
                // Only a head that was published can be asked for; the log is behind it for a moment after a failed commit.
                retries.append(token)
                continue
            case .pruned:
                reset(slot, .pruned)
            case .failed:
                retries.append(token)
                continue
            }
            flush(slot)
        }
    }

    /// Tries the pages again that could not be read.
    func retryPages() {
        let tokens = retries
        retries.removeAll()
        for token in tokens {
            if let slot = find(token) { flush(slot) }
        }
    }

    /// Gives up an exact resume: tells the client and goes on at the head, figures first.
    func reset(_ slot: Int, _ reason: ResetReason) {
        guard let space = spaces[Int(slots[slot].space)] else { return }
        hub.metrics.resets[reason]?.increment()
        let reached = StreamPosition(epoch: space.registry.epoch, sequence: slots[slot].cursor - 1)
        let retry = records[slot]?.opening.retry ?? 0
        records[slot]?.opening = .init(retry: retry, isFresh: false, reset: reason, resumedFrom: reached)
        if slots[slot].page >= 0 {
            pages.remove(slots[slot].page)
            slots[slot].page = -1
        }
        slots[slot].phase = .live
        slots[slot].replayed = 0
        slots[slot].cursor = space.registry.head + 1
        slots[slot].control.insert(.reset)
        if slots[slot].wantsStats { slots[slot].control.insert(.freshStats) }
    }
}
