import Access
import Events
import Persistence
import Synchronization

/// An API key as the running server holds it.
struct KeyEntry: Sendable {
    /// What a request is checked against.
    let record: Access.APIKeyRecord
    let createdAt: Milliseconds

    var workspace: WorkspaceKey { record.workspace }

    init(record: Access.APIKeyRecord, createdAt: Milliseconds) {
        self.record = record
        self.createdAt = createdAt
    }

    /// As the store gave it.
    init(_ stored: Persistence.APIKeyRecord) {
        record = Access.APIKeyRecord(
            prefix: stored.prefix, hash: stored.hash, workspace: stored.workspace, user: stored.user, role: stored.role,
            expiresAt: stored.expiresAt, revokedAt: stored.revokedAt)
        createdAt = stored.createdAt
    }

    /// As the store keeps it.
    var stored: Persistence.APIKeyRecord {
        Persistence.APIKeyRecord(
            workspace: record.workspace, prefix: record.prefix, hash: record.hash, user: record.user, role: record.role,
            createdAt: createdAt, expiresAt: record.expiresAt, revokedAt: record.revokedAt)
    }

    func revoked(at now: Milliseconds) -> KeyEntry {
        KeyEntry(
            record: Access.APIKeyRecord(
                prefix: record.prefix, hash: record.hash, workspace: record.workspace, user: record.user,
                role: record.role, expiresAt: record.expiresAt, revokedAt: now),
            createdAt: createdAt)
    }
}

/// The API keys of all workspaces, in memory: the process holds the data directory's lock, so nobody else changes them.
final class APIKeyBook: Sendable {
    private let entries: Mutex<[String: KeyEntry]>

    init(_ entries: [KeyEntry]) {
        self.entries = Mutex(Dictionary(entries.map { ($0.record.prefix, $0) }, uniquingKeysWith: { $1 }))
    }

    subscript(prefix: String) -> KeyEntry? { entries.withLock { $0[prefix] } }

    /// Enters a new key, or what has become of one; the next request is judged by it.
    func put(_ entry: KeyEntry) { entries.withLock { $0[entry.record.prefix] = entry } }

    /// Oldest first.
    var all: [KeyEntry] { entries.withLock { Array($0.values) }.sorted { $0.createdAt < $1.createdAt } }
}
