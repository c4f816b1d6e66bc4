import Dispatch
import Glibc
import Synchronization

/// A consistent copy of the log's database, made while the log goes on.
///
/// The pages come through the writer's own connection, a small step between two commits (``PageCopy`` says why). So no
/// read transaction outlives a step, the write-ahead log is moved and restarted as ever, and a commit waits for one step at
/// most. What the copy holds is the log at the moment of its last step.
///
/// ```swift
/// let copy = log.copy()
/// try copy.run()              // on a thread that may block
/// try copy.discard()
/// ```
package final class LogCopy: Sendable {
    /// How far a copy is, in pages; both 0 before the first step.
    package struct Progress: Sendable, Equatable {
        package var total = 0
        package var copied = 0
    }

    /// Copied between two commits: half a megabyte, well below a millisecond from the page cache.
    private static let stepPages: Int32 = 128
    /// Steps after which the copy is made durable before it goes on. A file system that must write out gigabytes of the copy
    /// before it may sync the log would stall the commits.
    private static let stepsBetweenSyncs = 16

    /// ``LogSettings/copyPath``, mode 0600.
    private let path: String
    private let log: EventLog
    private let state = Mutex(State())

    private struct State {
        var progress = Progress()
        var isCancelled = false
    }

    init(log: EventLog) {
        self.log = log
        path = log.settings.copyPath
    }

    package var progress: Progress { state.withLock { $0.progress } }

    /// Makes a running copy end with an error soon.
    package func cancel() { state.withLock { $0.isCancelled = true } }

    /// Copies everything; blocks until the copy is complete and durable. Nothing is left behind when it throws.
    package func run() throws(StoreError) {
        discard()
        do throws(StoreError) {
            try begin()
            var steps = 0
            while try !step() {
                steps += 1
                if steps.isMultiple(of: Self.stepsBetweenSyncs) { try DurableFile.synchronize(file: path) }
                if state.withLock({ $0.isCancelled }) {
                    throw StoreError(reason: .closed, message: "the copy was given up")
                }
            }
            try finish()
        } catch {
            _ = try? perform { $0.copy = nil }  // where the writer is gone, so is its copy
            discard()
            throw error
        }
    }

    /// Removes the file, if it is there.
    package func discard() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unsafe unlink(path + suffix) }
    }

    // MARK: On the writer's thread

    private func begin() throws(StoreError) {
        try DurableFile.make(path)
        try perform { [path] session throws(SQLiteError) in
            let destination = try SQLiteConnection(path: path, mode: .write)
            // Nobody needs half a copy, so there is nothing to roll back; and it is synced by ourselves, elsewhere.
            try destination.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            session.copy = try PageCopy(from: session.connection, to: destination)
        }
    }

    /// - Returns: whether the copy is complete.
    private func step() throws(StoreError) -> Bool {
        let (isDone, progress) = try perform { session throws(SQLiteError) in
            guard let copy = session.copy else {
                throw SQLiteError(code: 0, message: "the log was reopened after a failure; start again")
            }
            let isDone = try copy.step(pages: Self.stepPages)
            let (total, remaining) = copy.progress
            if isDone { session.copy = nil }
            return (isDone, Progress(total: total, copied: total - remaining))
        }
        state.withLock { $0.progress = progress }
        return isDone
    }

    /// The outcome is a value: an error of the copy must not look like one of the log.
    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (WriterSession) throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        let outcome = Mutex<Result<Value, StoreError>>(.failure(.closed))
        let done = DispatchSemaphore(value: 0)
        let job = WriterJob(hasTransaction: false) { session throws(SQLiteError) in
            do throws(SQLiteError) {
                return Result<Value, StoreError>.success(try body(session))
            } catch {
                session.copy = nil
                return Result<Value, StoreError>.failure(StoreError(error, while: "copying the log"))
            }
        } completion: { result in
            outcome.withLock { outcome in
                switch result {
                case .success(let inner): outcome = inner
                case .failure: outcome = .failure(.system("copying the log", EIO))
                }
            }
            done.signal()
        }
        guard log.queue.offer(job) else { throw .closed }
        done.wait()
        return try outcome.withLock { $0 }.get()
    }

    // MARK: Afterwards

    /// The copy came with the mode of its source: without the write-ahead log it is one file, which opens read-only anywhere.
    private func finish() throws(StoreError) {
        try StoreError.wrapping("finishing the copy") { () throws(SQLiteError) in
            try SQLiteConnection(path: path, mode: .write).execute("PRAGMA journal_mode = DELETE")
        }
        try DurableFile.synchronize(file: path)
        try DurableFile.synchronize(directory: DurableFile.parent(of: path))
    }
}

extension EventLog {
    /// A copy that has not begun; one at a time, since all use the same file.
    package func copy() -> LogCopy { LogCopy(log: self) }
}
