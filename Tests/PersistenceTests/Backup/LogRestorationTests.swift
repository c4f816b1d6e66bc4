import Events
import Foundation
import Persistence
import Testing

struct LogRestorationTests {
    /// A store with `events` in one workspace, closed, and a copy of it beside.
    private func store(events: Int) async throws -> (store: TestStore, backup: String, epoch: Epoch) {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        if events > 0 { _ = try await log.append((0..<events).map { _ in .custom() }, to: workspace) }
        log.close()
        let backup = store.directory + "/backup.db"
        try FileManager.default.copyItem(atPath: store.directory + "/tideline.db", toPath: backup)
        return (store, backup, workspace.epoch)
    }

    private func append(_ count: Int, to store: TestStore) async throws {
        let log = try store.open()
        let workspace = try #require(log.workspace(named: "acme"))
        _ = try await log.append((0..<count).map { _ in .custom() }, to: workspace)
        log.close()
    }

    @Test func `the backup takes the log's place, with new epochs that the next start keeps`() async throws {
        let (store, backup, epoch) = try await store(events: 10)
        try await append(5, to: store)
        let settings = LogSettings(directory: store.directory)

        let aside: String?
        let found: LogInspection
        do {
            let restoration = try LogRestoration(settings)
            found = try restoration.stage(backup) { _, _ in }
            aside = try restoration.replace(at: 1_764_979_200_000)
        }
        let log = try store.open()
        let restored = try #require(log.workspace(named: "acme"))
        log.close()

        #expect(found.workspaces.first?.head == 11 && restored.head == 11)
        #expect(restored.epoch != epoch && !store.lines.text.contains("new epoch"))
        #expect(aside == settings.path + ".before-restore-2025-12-06T000000Z")
        #expect(try LogInspection.read(try #require(aside), depth: .full).workspaces.first?.head == 16)
    }

    @Test func `until it replaces, nothing has changed; then nothing of it is left`() async throws {
        let (store, backup, epoch) = try await store(events: 10)
        do {
            let restoration = try LogRestoration(LogSettings(directory: store.directory))
            _ = try restoration.stage(backup) { _, _ in }
        }

        let log = try store.open()
        let workspace = try #require(log.workspace(named: "acme"))
        log.close()

        #expect(workspace.epoch == epoch)
        #expect(!FileManager.default.fileExists(atPath: store.directory + "/tideline.db.restoring"))
    }

    @Test func `a start drops the second name that an interrupted restore gave the log`() async throws {
        let (store, _, _) = try await store(events: 1)
        let path = store.directory + "/tideline.db"
        let second = path + ".before-restore-2025-12-06T000000Z"
        let other = path + ".before-restore-2025-12-05T000000Z"
        try FileManager.default.linkItem(atPath: path, toPath: second)
        try Data("an older log".utf8).write(to: URL(filePath: other))

        try store.open().close()

        #expect(!FileManager.default.fileExists(atPath: second) && FileManager.default.fileExists(atPath: other))
    }

    @Test func `a directory in use is not restored`() async throws {
        let store = TestStore()
        let log = try store.open()

        let error = #expect(throws: StoreError.self) { try LogRestoration(LogSettings(directory: store.directory)) }
        log.close()

        #expect(error?.reason == .locked(pid: ProcessInfo.processInfo.processIdentifier))
    }

    @Test func `a write-ahead log beside the backup is part of it`() async throws {
        let (store, _, _) = try await store(events: 3)
        let log = try store.open()
        let workspace = try #require(log.workspace(named: "acme"))
        _ = try await log.append([.custom(), .custom()], to: workspace)
        // As someone copies a live log by hand: both files.
        let copy = store.directory + "/by-hand.db"
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: store.directory + "/tideline.db" + suffix, toPath: copy + suffix)
        }
        log.close()

        let found = try LogRestoration(LogSettings(directory: store.directory)).stage(copy) { _, _ in }

        #expect(found.workspaces.first?.head == 6)
    }

    @Test(arguments: [
        ("DELETE FROM events WHERE seq = 1", "every event from 1 to 11"),
        ("DELETE FROM events WHERE seq = 11", "every event from 1 to 11"),
        ("UPDATE workspaces SET log_floor = 2", "every event from 3 to 11"),
        ("DELETE FROM events", "but holds 0"),
        ("UPDATE workspaces SET log_floor = -1", "cannot reach from -1"),
        ("UPDATE workspaces SET next_seq = 9223372036854775807", "cannot reach"),
        ("UPDATE workspaces SET slug = char(27) || 'x'", "no valid id or slug"),
        ("UPDATE workspaces SET id = ''", "no valid id or slug"),
        ("CREATE TRIGGER t AFTER UPDATE ON workspaces BEGIN DELETE FROM events; END", "trigger t"),
        ("CREATE VIEW v AS SELECT 1", "view v"),
        ("CREATE TABLE more (a)", "table more"),
        ("ALTER TABLE events ADD COLUMN more INTEGER AS (1)", "table events"),
        ("DROP INDEX memberships_user", "lacks index memberships_user"),
    ])
    func `a backup with a gap, or made to harm, is refused`(damage: String, reason: String) async throws {
        let (store, backup, _) = try await store(events: 10)
        try SQLiteConnection(path: backup, mode: .write).execute(damage)

        let error = #expect(throws: StoreError.self) {
            try LogRestoration(LogSettings(directory: store.directory)).stage(backup) { _, _ in }
        }

        #expect(error?.reason == .damaged && error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `a pipe, what an interrupted restore left, and a log that is a link are refused and stay`() async throws
    {
        let (store, backup, _) = try await store(events: 1)
        let settings = LogSettings(directory: store.directory)
        let pipe = store.directory + "/pipe"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        let staged = settings.path + ".restoring"
        try FileManager.default.copyItem(atPath: backup, toPath: staged)
        for file in [pipe, staged] {
            let error = #expect(throws: StoreError.self) { try LogRestoration(settings).stage(file) { _, _ in } }
            #expect(error?.reason == .foreignFile && FileManager.default.fileExists(atPath: file))
        }

        try FileManager.default.moveItem(atPath: settings.path, toPath: settings.path + ".elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: settings.path, withDestinationPath: settings.path + ".elsewhere")
        let error = #expect(throws: StoreError.self) { try LogRestoration(settings) }
        #expect(error?.message.contains("symbolic link") == true)
    }

    @Test func `two restores within a second keep both logs`() async throws {
        let (store, backup, _) = try await store(events: 1)
        var kept: [String?] = []
        for _ in 1...2 {
            let restoration = try LogRestoration(LogSettings(directory: store.directory))
            _ = try restoration.stage(backup) { _, _ in }
            kept.append(try restoration.replace(at: 1_764_979_200_000))
        }

        let first = store.directory + "/tideline.db.before-restore-2025-12-06T000000Z"
        #expect(kept == [first, first + "-2"] && kept.allSatisfy { FileManager.default.fileExists(atPath: $0 ?? "") })
    }
}
