package import Events
import Telemetry

/// What lies beside the log and yet goes through its one writer.
extension EventLog {
    /// Stores the state of folds, all of them or none.
    /// - Parameter completion: called on the writer's thread.
    /// - Returns: false when the log is closed; then the completion is never called.
    @discardableResult
    package func saveCheckpoints(
        _ checkpoints: [FoldCheckpoint], completion: @escaping @Sendable (Result<Void, StoreFault>) -> Void = { _ in }
    ) -> Bool {
        queue.offer(
            WriterJob(
                { session throws(SQLiteError) in
                    for checkpoint in checkpoints { try CheckpointQuery.save(checkpoint, on: session.connection) }
                }, completion: completion))
    }

    /// Stores a new API key; answers false when its prefix is taken.
    package func createKey(
        _ key: APIKeyRecord, completion: @escaping @Sendable (Result<Bool, StoreFault>) -> Void
    ) -> Bool {
        queue.offer(
            WriterJob(
                { session throws(SQLiteError) in try APIKeyQuery.insert(key, on: session.connection) },
                completion: completion))
    }

    /// Revokes an API key for good; answers false when there is none, or it is revoked already.
    package func revokeKey(
        _ workspace: WorkspaceKey, prefix: String, completion: @escaping @Sendable (Result<Bool, StoreFault>) -> Void
    ) -> Bool {
        let now = clock()
        return queue.offer(
            WriterJob(
                { session throws(SQLiteError) in
                    try APIKeyQuery.revoke(workspace, prefix: prefix, at: now, on: session.connection)
                }, completion: completion))
    }

    /// Notes an admin action or a refusal. Any thread, never blocks; a flood is dropped and counted.
    package func audit(_ entry: AuditEntry) {
        let (isKept, isFirst) = auditQueue.append(entry)
        if !isKept { metrics.droppedAudit.increment() }
        if isFirst { storeAudit() }
    }

    /// Calls `completion` once every entry noted before is stored, or cannot be; on the writer's thread.
    /// - Returns: false when the log is closed; then the completion is never called.
    package func flushAudit(_ completion: @escaping @Sendable () -> Void) -> Bool {
        queue.offer(WriterJob({ _ throws(SQLiteError) in () }, completion: { _ in completion() }))
    }

    /// Queues the job that stores all entries that wait when it runs.
    private func storeAudit() {
        let log = log
        let dropped = metrics.droppedAudit
        let queued = auditQueue
        let isOffered = queue.offer(
            WriterJob(
                { session throws(SQLiteError) in
                    let entries = queued.take()
                    do throws(SQLiteError) {
                        try AuditQuery.insert(entries, on: session.connection)
                    } catch {
                        dropped.increment(by: entries.count)
                        throw error
                    }
                },
                completion: { result in
                    // The entries of a job that never ran are dropped, so that the next entry makes a new job.
                    guard case .failure = result else { return }
                    let entries = queued.take()
                    dropped.increment(by: entries.count)
                    log.error("audit entries could not be stored")
                }))
        if !isOffered { dropped.increment(by: queued.take().count) }
    }
}
