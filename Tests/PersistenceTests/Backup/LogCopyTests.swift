import Events
import Foundation
import Persistence
import Testing

struct LogCopyTests {
    /// Runs the copy on a thread that may block.
    private func run(_ copy: LogCopy) async -> StoreError? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                do throws(StoreError) {
                    try copy.run()
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
    }

    private func path(_ store: TestStore) -> String { store.directory + "/tideline.db.copy" }

    @Test func `a copy holds what was committed when it ended, in one file`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        for _ in 0..<20 { _ = try await log.append((0..<100).map { _ in .custom() }, to: workspace) }

        let copy = log.copy()
        let error = await run(copy)
        let found = try LogInspection.read(path(store), depth: .full)
        log.close()

        #expect(error == nil)
        #expect(found.workspaces.map(\.head) == [workspace.head] && found.events == Int(workspace.head))
        #expect(found.workspaces.first?.epoch == workspace.epoch)
        #expect(copy.progress.copied == copy.progress.total && copy.progress.total > 10)
        #expect(!FileManager.default.fileExists(atPath: path(store) + "-wal"))
    }

    @Test func `a copy ends while others write, and what it holds has no gap`() async throws {
        let store = TestStore()
        let log = try store.open { $0.checkpointBytes = 64 << 10 }
        let workspace = try await log.makeWorkspace()
        for _ in 0..<30 { _ = try await log.append((0..<500).map { _ in .custom() }, to: workspace) }
        let before = workspace.head

        let writer = Task {
            while !Task.isCancelled { _ = try await log.append((0..<20).map { _ in .custom() }, to: workspace) }
        }
        let error = await run(log.copy())
        let after = workspace.head
        writer.cancel()
        try await writer.value
        let found = try LogInspection.read(path(store), depth: .full)
        log.close()

        #expect(error == nil)
        let head = try #require(found.workspaces.first?.head)
        #expect(before <= head && head <= after)
    }

    @Test func `a copy that is given up, or whose log closes, leaves nothing`() async throws {
        let store = TestStore()
        let log = try store.open()
        _ = try await log.makeWorkspace()

        let cancelled = log.copy()
        cancelled.cancel()
        let first = await run(cancelled)
        log.close()
        let second = await run(log.copy())

        // A log this small is copied in the first step, before anybody looks.
        #expect(first == nil || first?.reason == .closed)
        #expect(second?.reason == .closed)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: store.directory).filter { $0.contains("copy") } == [])
    }

    @Test func `what an interrupted copy left is removed at the next start`() async throws {
        let store = TestStore()
        try store.open().close()
        try Data("half".utf8).write(to: URL(filePath: path(store)))

        try store.open().close()

        #expect(!FileManager.default.fileExists(atPath: path(store)))
    }
}
