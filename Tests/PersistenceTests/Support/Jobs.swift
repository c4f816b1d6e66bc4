import Events
import Persistence

extension EventLog {
    func save(_ checkpoints: [FoldCheckpoint]) async -> Bool {
        await withCheckedContinuation { continuation in
            saveCheckpoints(checkpoints) { result in
                if case .success = result {
                    continuation.resume(returning: true)
                } else {
                    continuation.resume(returning: false)
                }
            }
        }
    }

    func create(_ key: APIKeyRecord) async -> Result<Bool, StoreFault> {
        await withCheckedContinuation { continuation in
            _ = createKey(key) { continuation.resume(returning: $0) }
        }
    }

    func revoke(_ workspace: WorkspaceLog, _ prefix: String) async -> Result<Bool, StoreFault> {
        await withCheckedContinuation { continuation in
            _ = revokeKey(workspace.key, prefix: prefix) { continuation.resume(returning: $0) }
        }
    }

    func prune(at now: Milliseconds) async -> Result<Int, StoreFault> {
        await withCheckedContinuation { continuation in
            prune(now: now) { continuation.resume(returning: $0) }
        }
    }
}
