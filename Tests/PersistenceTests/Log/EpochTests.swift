import Events
import Foundation
import Persistence
import Testing

struct EpochTests {
    /// A log with one workspace, its file copied at head 2 and then taken to head 4.
    private func storeWithOldCopy() async throws -> (TestStore, epoch: Epoch) {
        let store = TestStore()
        let first = try store.open()
        let workspace = try await first.makeWorkspace()
        _ = try await first.append([.custom()], to: workspace)
        first.close()
        try FileManager.default.copyItem(atPath: store.directory + "/tideline.db", toPath: store.directory + "/old")
        let second = try store.open()
        _ = try await second.append(
            [.custom(), .custom()], to: try #require(second.workspace(named: "acme")))
        second.close()
        return (store, workspace.epoch)
    }

    private func restart(_ store: TestStore, _ synchronous: LogSettings.Synchronous = .full) throws -> WorkspaceLog {
        let log = try store.open { $0.synchronous = synchronous }
        defer { log.close() }
        return try #require(log.workspace(named: "acme"))
    }

    @Test func `an older file in place of the log begins a new epoch, once`() async throws {
        let (store, epoch) = try await storeWithOldCopy()
        try FileManager.default.removeItem(atPath: store.directory + "/tideline.db")
        try FileManager.default.moveItem(
            atPath: store.directory + "/old", toPath: store.directory + "/tideline.db")

        let restored = try restart(store)
        let again = try restart(store)

        #expect(restored.head == 2 && restored.epoch != epoch)
        #expect(again.epoch == restored.epoch)
        #expect(store.lines.text.contains("new epoch"))
    }

    @Test func `an ordinary restart keeps the epoch`() async throws {
        let (store, epoch) = try await storeWithOldCopy()

        let restarted = try restart(store)

        #expect(restarted.head == 4 && restarted.epoch == epoch)
    }

    @Test(arguments: [(LogSettings.Synchronous.normal, false), (.off, false), (.full, true)])
    func `an unclean end begins a new epoch where commits were not synced`(
        level: LogSettings.Synchronous, isKept: Bool
    ) async throws {
        let store = TestStore()
        let first = try store.open { $0.synchronous = level }
        let epoch = try await first.makeWorkspace().epoch
        let mark = store.directory + "/head.mark"
        let running = try #require(FileManager.default.contents(atPath: mark))
        first.close()
        try running.write(to: URL(filePath: mark))

        let afterCrash = try restart(store)
        let afterCleanEnd = try restart(store)

        #expect((afterCrash.epoch == epoch) == isKept)
        #expect(afterCleanEnd.epoch == afterCrash.epoch)
    }

    @Test func `a damaged mark is no mark`() async throws {
        let (store, epoch) = try await storeWithOldCopy()
        let mark = store.directory + "/head.mark"
        var content = try #require(FileManager.default.contents(atPath: mark))
        content.removeLast(3)
        try content.write(to: URL(filePath: mark))

        let restarted = try restart(store)

        #expect(restarted.epoch == epoch)
        #expect(store.lines.text.contains("head.mark is missing or damaged"))
    }
}
