import Events
import Persistence
import Testing

struct RecordsTests {
    private func checkpoint(_ workspace: WorkspaceLog, at sequence: SequenceNumber) -> FoldCheckpoint {
        FoldCheckpoint(
            workspace: workspace.key, fold: "live", version: 3, sequence: sequence, state: Array("state".utf8))
    }

    @Test func `a checkpoint comes back until its version changes`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        _ = await log.save([checkpoint(workspace, at: 1), checkpoint(workspace, at: 2)])
        let loaded = try log.readers().checkpoint(workspace.key, fold: "live", version: 3)
        let other = try log.readers().checkpoint(workspace.key, fold: "live", version: 4)
        log.close()

        #expect(loaded?.sequence == 2)
        #expect(loaded?.state == Array("state".utf8))
        #expect(other == nil)
    }

    @Test(arguments: ["UPDATE checkpoints SET state = x'00'", "UPDATE checkpoints SET seq = 9"])
    func `a damaged checkpoint is none`(damage: String) async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        _ = await log.save([checkpoint(workspace, at: 1)])

        try store.connection().execute(damage)
        let loaded = try log.readers().checkpoint(workspace.key, fold: "live", version: 3)
        log.close()

        #expect(loaded == nil)
    }

    @Test func `keys are made once, found by prefix, and revoked once`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let key = APIKeyRecord(
            workspace: workspace.key, prefix: "abc", hash: [1, 2, 3], user: user("robot"), role: .ingest,
            createdAt: store.clock.now, expiresAt: store.clock.now + 1_000)

        let made = await log.create(key)
        let again = await log.create(key)
        let found = try log.readers().apiKey(prefix: "abc")
        let revoked = await log.revoke(workspace, "abc")
        let revokedAgain = await log.revoke(workspace, "abc")
        let listed = try log.readers().apiKeys(workspace.key)
        log.close()

        #expect(made == .success(true) && again == .success(false))
        #expect(found == key)
        #expect(revoked == .success(true) && revokedAgain == .success(false))
        #expect(listed.map(\.revokedAt) == [store.clock.now])
    }

    @Test func `audit entries are stored, newest first, before the log is closed`() async throws {
        let store = TestStore()
        let first = try store.open()
        let workspace = try await first.makeWorkspace()
        for index in 0..<3 {
            first.audit(
                AuditEntry(
                    workspace: workspace.key, at: store.clock.now + Int64(index), actor: "u-1",
                    action: "stream.close", subject: "user:\(index)"))
        }
        first.audit(AuditEntry(workspace: nil, at: 0, actor: "-", action: "denied", outcome: "forbidden"))
        first.close()

        let log = try store.open()
        let entries = try log.readers().audit(workspace.key, limit: 2)
        let rest = try log.readers().audit(workspace.key, before: entries.last?.id, limit: 2)
        let global = try log.readers().audit(nil, limit: 10)
        log.close()

        #expect(entries.map(\.entry.subject) == ["user:2", "user:1"])
        #expect(rest.map(\.entry.subject) == ["user:0"])
        #expect(global.map(\.entry.outcome) == ["forbidden"])
    }

    @Test func `an entry noted before a flush is stored after it`() async throws {
        let store = TestStore()
        let log = try store.open()

        log.audit(AuditEntry(workspace: nil, at: store.clock.now, actor: "-", action: "denied"))
        await withCheckedContinuation { done in
            if !log.flushAudit({ done.resume() }) { done.resume() }
        }
        let found = try log.readers().audit(nil, limit: 10)
        log.close()

        #expect(found.count == 1)
    }

    @Test func `audit entries go when their time is over, those of no workspace too, and never earlier`() async throws {
        let store = TestStore()
        let log = try store.open { $0.auditRetain = 86_400_000 }
        let workspace = try await log.makeWorkspace()
        let limit = store.clock.now - 86_400_000
        for (at, name) in [(limit - 1, "old"), (limit, "edge"), (limit + 1, "young")] {
            for key in [workspace.key, nil] {
                log.audit(AuditEntry(workspace: key, at: at, actor: "-", action: name))
            }
        }

        let pruned = await log.prune(at: store.clock.now)
        let kept = try log.readers().audit(workspace.key, limit: 10)
        let keptGlobally = try log.readers().audit(nil, limit: 10)
        log.close()

        #expect(pruned == .success(0))
        #expect(
            kept.map(\.entry.action) == ["young", "edge"] && keptGlobally.map(\.entry.action) == ["young", "edge"])
    }
}
