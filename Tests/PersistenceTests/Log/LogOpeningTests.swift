import Events
import Glibc
import Persistence
import Projections
import Telemetry
import Testing

struct LogOpeningTests {
    @Test func `a restart keeps everything`() async throws {
        let store = TestStore()
        let first = try store.open()
        let workspace = try await first.makeWorkspace("w-1", slug: "acme")
        _ = try await first.append(
            [
                .memberAdded("u-1"), .memberAdded("u-2", role: .ingest), .memberRemoved("u-2"),
                .joining("vault", by: "u-9"), .channel("vault", isPrivate: true), .channel("general"),
                .joining("general", by: "u-2"), .joining("open", by: "u-3"), .memberRemoved("u-2"),
                .leaving("general", by: "u-1"), .joining("general", by: "u-1"), .channel("general", by: "u-4"),
                .workspaceUpdate(slug: "renamed"), .message("m-1"),
            ], to: workspace, by: localOperator)
        first.close()

        let log = try store.open()
        let reopened = try #require(log.workspace(named: "renamed"))
        log.close()

        #expect(reopened.id == workspace.id && reopened.key == workspace.key)
        #expect(reopened.epoch == workspace.epoch)
        #expect(reopened.head == workspace.head && reopened.floor == 0)
        #expect(reopened.directory() == workspace.directory())
        #expect(reopened.directory().channels[ChannelID(validated: "vault")]?.members.count == 1)
        #expect(log.workspace(named: "acme") == nil)
    }

    @Test func `a second opener is told who holds the directory`() async throws {
        let store = TestStore()
        let log = try store.open()

        let error = #expect(throws: StoreError.self) { try store.open() }
        log.close()

        #expect(error?.reason == .locked(pid: getpid()))
        #expect(error?.message.contains("process \(getpid())") == true)
    }

    @Test func `a closed log gives the directory up`() throws {
        let store = TestStore()
        let first = try store.open()

        first.close()
        let second = try store.open()
        second.close()

        #expect(first.workspaces.isEmpty)
    }

    @Test(arguments: ["DELETE FROM events WHERE seq = 3", "DELETE FROM events WHERE seq = 5"])
    func `a missing event stops the start`(damage: String) async throws {
        let store = TestStore()
        let first = try store.open()
        let workspace = try await first.makeWorkspace()
        _ = try await first.append((0..<4).map { _ in .custom() }, to: workspace)
        first.close()
        try store.connection().execute(damage)

        let error = #expect(throws: StoreError.self) { try store.open() }

        #expect(error?.reason == .damaged)
        #expect(error?.message.contains("acme") == true)
    }

    @Test func `a file of something else is refused`() throws {
        let store = TestStore()
        try store.open().close()
        try store.connection().execute("PRAGMA application_id = 7")

        let error = #expect(throws: StoreError.self) { try store.open() }

        #expect(error?.reason == .foreignFile)
    }

    @Test func `a file that is no database is refused`() throws {
        let store = TestStore()
        try store.open().close()
        try store.replaceDatabase(with: String(repeating: "this is a text in the place of a database. ", count: 99))

        let error = #expect(throws: StoreError.self) { try store.open() }

        #expect(error?.reason == .foreignFile)
    }

    @Test func `the quick check says that the file is whole`() async throws {
        let store = TestStore()
        let log = try store.open { $0.checksInBackground = true }
        _ = try await log.makeWorkspace()

        await store.lines.line(containing: "quick check passed")
        log.close()

        let text = String(decoding: store.metrics.prometheusText(), as: UTF8.self)
        #expect(text.contains("tideline_log_check_ok 1"))
    }
}
