import Events
import Persistence
import Testing

struct RetentionTests {
    private static let day: Milliseconds = 86_400_000

    private func checkpoint(_ workspace: WorkspaceLog, _ sequence: SequenceNumber) -> FoldCheckpoint {
        FoldCheckpoint(workspace: workspace.key, fold: "live", version: 1, sequence: sequence, state: [])
    }

    /// 1,200 events of today and 10 of the 91st day after.
    private func agedLog(_ store: TestStore) async throws -> (EventLog, WorkspaceLog) {
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        _ = try await log.append([.message("old")] + (0..<1_198).map { EventDraft.custom("e-\($0)") }, to: workspace)
        store.clock.advance(by: 91 * Self.day)
        _ = try await log.append([.message("new")] + (0..<9).map { _ in EventDraft.custom() }, to: workspace)
        return (log, workspace)
    }

    @Test func `what is too old goes, with what only it needed`() async throws {
        let store = TestStore()
        let (log, workspace) = try await agedLog(store)
        _ = await log.save([checkpoint(workspace, workspace.head)])

        let removed = await log.prune(at: store.clock.now)
        let left = try log.readers().events(workspace.key, after: 0, limit: 100, maximumBytes: 1 << 20, through: 2_000)
        let reused = try await log.append([.custom("e-1"), .reaction(to: "old"), .reaction(to: "new")], to: workspace)
        log.close()

        #expect(removed == .success(1_200))
        #expect(workspace.floor == 1_200 && left.map(\.sequence) == Array(1_201...1_210))
        #expect(reused.map(\.isAccepted) == [true, true, true])
        #expect(store.sink.events.suffix(2).map { $0.target?.sequence } == [nil, 1_201])
    }

    @Test func `nothing ahead of the oldest checkpoint goes, and nothing without one`() async throws {
        let store = TestStore()
        let (log, workspace) = try await agedLog(store)

        let without = await log.prune(at: store.clock.now)
        _ = await log.save([checkpoint(workspace, 700)])
        let with = await log.prune(at: store.clock.now)
        log.close()

        #expect(without == .success(0) && with == .success(700))
        #expect(workspace.floor == 700)
    }

    @Test func `a pruned log opens again with its floor`() async throws {
        let store = TestStore()
        let (first, old) = try await agedLog(store)
        _ = await first.save([checkpoint(old, 1_205)])
        _ = await first.prune(at: store.clock.now)
        first.close()

        let log = try store.open()
        let workspace = try #require(log.workspace(named: "acme"))
        log.close()

        #expect(workspace.floor == 1_200 && workspace.head == 1_210)
    }

    @Test func `an id outlives its event for seven days`() async throws {
        let store = TestStore()
        let log = try store.open { $0.retain = Self.day }
        let workspace = try await log.makeWorkspace()
        let receipt = try #require(try await log.append([.custom("e-1")], to: workspace)[0].receipt)
        _ = await log.save([checkpoint(workspace, 2)])

        store.clock.advance(by: 2 * Self.day)
        let removed = await log.prune(at: store.clock.now)
        let repeated = try await log.append([.custom("e-1")], to: workspace)
        store.clock.advance(by: 5 * Self.day)
        _ = await log.prune(at: store.clock.now)
        let rows = try store.connection().integer("SELECT count(*) FROM idempotency")
        let late = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        #expect(removed == .success(2))
        #expect(repeated == [.duplicate(receipt)])
        #expect(rows == 0)
        #expect(late[0].isAccepted)
    }

    @Test func `expired header keys are purged`() async throws {
        let store = TestStore()
        let log = try store.open { $0.retain = 0 }
        let workspace = try await log.makeWorkspace()
        _ = try await log.append([.custom(key: "k")], to: workspace)

        store.clock.advance(by: Self.day)
        _ = await log.prune(at: store.clock.now)
        let keys = try store.connection().integer("SELECT count(*) FROM idempotency WHERE key LIKE 'k:%'")
        log.close()

        #expect(keys == 0)
    }
}
