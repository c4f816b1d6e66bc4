/// Work of the store itself that must go through the one writing connection: checkpoints, keys, audit, pruning.
///
/// Each runs in its own transaction, between groups.
struct WriterJob: Sendable {
    /// False for the steps of a copy, which SQLite refuses to a connection that is writing.
    let hasTransaction: Bool
    /// Runs inside the transaction; what it returns is called after the commit.
    let body: @Sendable (WriterSession) throws(SQLiteError) -> (@Sendable () -> Void)
    /// Called when nothing was stored.
    let failed: @Sendable (StoreFault) -> Void

    /// - Parameter completion: called once on the writer's thread, or on the thread that closes the log.
    init<Value: Sendable>(
        hasTransaction: Bool = true,
        _ body: @escaping @Sendable (WriterSession) throws(SQLiteError) -> Value,
        completion: @escaping @Sendable (Result<Value, StoreFault>) -> Void
    ) {
        self.hasTransaction = hasTransaction
        self.body = { session throws(SQLiteError) in
            let value = try body(session)
            return { completion(.success(value)) }
        }
        failed = { completion(.failure($0)) }
    }
}
