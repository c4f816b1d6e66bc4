import Persistence

/// Whether the log can be read and written now, for `/readyz`.
struct Readiness {
    let canRead: Bool
    let canWrite: Bool

    var isReady: Bool { canRead && canWrite }

    /// Asks the log; reads a row, so it blocks.
    init(_ log: EventLog) {
        canWrite = log.isWritable
        do throws(StoreError) {
            _ = try log.readers().audit(nil, limit: 1)
            canRead = true
        } catch {
            // The probe says no more than that; the store has logged why.
            canRead = false
        }
    }
}
