import Synchronization

/// Audit entries on their way to the writer: a full queue drops, so that a flood of denied requests cannot fill memory.
final class AuditQueue: Sendable {
    static let maximumEntries = 10_000

    private let waiting = Mutex<[AuditEntry]>([])

    /// Any thread; never blocks.
    /// - Returns: whether it was kept, and whether it is the first, so that a job must be made to store them.
    func append(_ entry: AuditEntry) -> (isKept: Bool, isFirst: Bool) {
        waiting.withLock { waiting in
            guard waiting.count < Self.maximumEntries else { return (false, false) }
            waiting.append(entry)
            return (true, waiting.count == 1)
        }
    }

    /// Takes all.
    func take() -> [AuditEntry] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
