package import Events
import Telemetry

/// Retention, step by step through the writer.
extension EventLog {
    /// Removes what has outlived `storage.retain` at `now`, in every workspace: events up to the oldest checkpoint of the
    /// workspace's folds (none without a checkpoint), and expired idempotency rows; and audit entries that have outlived
    /// `storage.auditRetain`, those of no workspace too.
    ///
    /// - Parameter completion: gets the number of events removed, on the writer's thread; a failure may have removed some.
    /// - Returns: false when the log is closed.
    @discardableResult
    package func prune(
        now: Milliseconds, completion: @escaping @Sendable (Result<Int, StoreFault>) -> Void = { _ in }
    ) -> Bool {
        let cutoff = settings.retain > 0 ? now - settings.retain : nil
        let auditCutoff = settings.auditRetain > 0 ? now - settings.auditRetain : nil
        let keys = workspaces.map(\.key) + [AuditQuery.noWorkspace]
        let works = keys.map { Retention(workspace: $0, now: now, cutoff: cutoff, auditCutoff: auditCutoff) }
        return prune(works[...], removed: 0, completion: completion)
    }

    func startRetention() { prune(now: clock()) }

    private func prune(
        _ works: ArraySlice<Retention>, removed: Int, completion: @escaping @Sendable (Result<Int, StoreFault>) -> Void
    ) -> Bool {
        queue.offer(
            WriterJob(
                { session throws(SQLiteError) in
                    guard let work = works.first else { return [] }
                    return [
                        try work.pruneEvents(on: session), try work.purgeIdempotency(on: session),
                        try work.purgeAudit(on: session),
                    ]
                },
                completion: { [weak self] (result: Result<[Retention.Step], StoreFault>) in
                    switch result {
                    case .failure(let fault): completion(.failure(fault))
                    case .success(let steps): self?.goOn(works, after: steps, removed: removed, completion: completion)
                    }
                }))
    }

    private func goOn(
        _ works: ArraySlice<Retention>, after steps: [Retention.Step], removed: Int,
        completion: @escaping @Sendable (Result<Int, StoreFault>) -> Void
    ) {
        guard let work = works.first else { return completion(.success(removed)) }
        var removed = removed
        if let floor = steps.first?.floor {
            registry[work.workspace]?.publish(floor: floor)
            metrics.prunedEvents.increment(by: steps[0].removed)
            removed += steps[0].removed
        }
        let rest = steps.contains(where: \.hasMore) ? works : works.dropFirst()
        if rest.isEmpty { return completion(.success(removed)) }
        if !prune(rest, removed: removed, completion: completion) { completion(.failure(.unavailable)) }
    }
}
