import Events
import Synchronization

/// Counts refusals by kind, so that the audit log gets one row a kind and minute.
final class RefusalTally: Sendable {
    private static let interval: Milliseconds = 60_000
    /// Kinds remembered; beyond, all others are one kind.
    private static let maximumKinds = 1_000

    private struct Count {
        var since: Milliseconds
        var unwritten: Int
    }
    private let counts = Mutex<[String: Count]>([:])

    /// - Returns: how many refusals the row to be written now stands for; nil: none is due.
    func note(_ kind: String, at now: Milliseconds) -> Int? {
        counts.withLock { counts in
            if counts.count >= Self.maximumKinds {
                counts = counts.filter { now - $0.value.since < Self.interval || $0.value.unwritten > 0 }
            }
            let key = counts[kind] != nil || counts.count < Self.maximumKinds ? kind : "others"
            guard var count = counts[key] else {
                counts[key] = Count(since: now, unwritten: 0)
                return 1
            }
            count.unwritten += 1
            if now - count.since < Self.interval {
                counts[key] = count
                return nil
            }
            counts[key] = Count(since: now, unwritten: 0)
            return count.unwritten
        }
    }
}
