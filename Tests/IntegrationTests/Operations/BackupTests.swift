import Foundation
import ServerSentEvents
import Testing

/// `tideline backup` and `tideline restore`, as an operator runs them.
struct BackupTests {
    /// A command with its diagnostics as one text.
    private func run(
        _ arguments: [String], data: TemporaryDirectory, _ environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let ended = try await ServerProcess.run(arguments + ["--data", data.path], environment, within: .seconds(60))
        return (ended.status, ended.output.joined(separator: "\n"), ended.errors.joined(separator: "\n"))
    }

    /// A scene whose log has a few megabytes.
    private func scene(batches: Int = 8) async throws -> StreamScene {
        let scene = try await StreamScene.start()
        for batch in 0..<batches { try await scene.postTicks(batch * 1_000 + 1...(batch + 1) * 1_000, bytes: 900) }
        return scene
    }

    private func stop(_ scene: StreamScene) async throws {
        scene.server.terminate()
        #expect(try await scene.server.waitExit() == 0)
    }

    // MARK: Backup

    @Test func `a backup made under write load is whole, and neither commits nor the write-ahead log notice`()
        async throws
    {
        let scene = try await scene(batches: 5)
        let directory = try TemporaryDirectory("backup")
        let acknowledged = Journal<(sequence: Int, latency: Duration)>(of: "acknowledged event")
        let isOver = Journal<Bool>(of: "end")
        let writers = (1...3).map { writer in
            Task {
                let client = scene.client("bo")
                var number = writer * 1_000_000
                while isOver.elements.isEmpty {
                    number += 1
                    let start = ContinuousClock.now
                    let reply = try await scene.post(StreamScene.tick(number, bytes: 200), by: client)
                    acknowledged.append((reply["seq"].int ?? 0, start.duration(to: .now)))
                }
            }
        }
        _ = try await acknowledged.first(from: 15, within: .seconds(60)) { _ in true }
        let before = acknowledged.elements.map(\.sequence).max() ?? 0
        let writtenBefore = acknowledged.elements.count

        var results: [TestJSON] = []
        for index in 1...3 {
            let ended = try await run(["backup", directory.file("b\(index).db"), "--json"], data: scene.server.data)
            #expect(ended.status == 0, "\(ended.errors)")
            results.append(try TestJSON(ended.output))
        }
        isOver.append(true)
        for writer in writers { try await writer.value }
        let ledger = directory.file("b1.db")
        let sequences = try await sqlite(ledger, "SELECT count(*), min(seq), max(seq) FROM events")

        let workspace = results[0]["workspaces"][0]
        #expect(workspace["slug"].string == "harbor" && workspace["head"].int == workspace["events"].int)
        #expect((workspace["head"].int ?? 0) >= before)
        #expect(sequences == "\(workspace["head"].int ?? 0)|1|\(workspace["head"].int ?? 0)")
        #expect(results.compactMap { $0["events"].int } == results.compactMap { $0["events"].int }.sorted())
        let latencies = acknowledged.elements.map(\.latency)
        let (alone, beside) = (median(latencies[..<writtenBefore]), median(latencies[writtenBefore...]))
        #expect(beside < alone * 4 + .milliseconds(50), "a commit took \(beside) instead of \(alone)")
        let log = try FileManager.default.attributesOfItem(atPath: scene.server.data.file("tideline.db-wal"))
        #expect((log[.size] as? Int ?? .max) < 24 << 20)
        let mode = try FileManager.default.attributesOfItem(atPath: ledger)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["b1.db", "b2.db", "b3.db"])
        #expect(!FileManager.default.fileExists(atPath: scene.server.data.file("tideline.db.copy")))
    }

    @Test func `a backup without a server is the same, and overwrites nothing`() async throws {
        let scene = try await scene(batches: 1)
        try await stop(scene)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")

        let dry = try await run(["backup", file, "--dry-run"], data: scene.server.data)
        let isThere = FileManager.default.fileExists(atPath: file)
        let made = try await run(["backup", file], data: scene.server.data)
        let again = try await run(["backup", file], data: scene.server.data)

        #expect(dry.status == 0 && dry.output.contains("fits") && !isThere)
        #expect(made.status == 0 && made.output.contains("events in 1 workspaces, checked"), "\(made.errors)")
        #expect(made.errors.contains("signing secret"))
        #expect(again.status == 1 && again.errors.contains("\(file) exists"))
        #expect(try await sqlite(file, "PRAGMA journal_mode") == "delete")
    }

    @Test func `no backup goes where there is no directory, and none comes from where there is no log`() async throws {
        let scene = try await StreamScene.start()
        let directory = try TemporaryDirectory("backup")

        let nowhere = try await run(["backup", directory.file("none/b.db")], data: scene.server.data)
        let empty = try await run(["backup", directory.file("b.db")], data: directory)

        #expect(nowhere.status == 1 && nowhere.errors.contains("none"))
        #expect(empty.status == 1 && empty.errors.contains("there is no log at"))
    }

    @Test func `links and files that somebody laid out for a backup are left as they are`() async throws {
        let scene = try await scene(batches: 1)
        let directory = try TemporaryDirectory("backup")
        let (file, link) = (directory.file("b.db"), directory.file("link.db"))
        try directory.write("mine", to: "victim")
        try directory.write("mine too", to: "b.db.partial")
        try FileManager.default.createSymbolicLink(
            atPath: link + ".partial", withDestinationPath: directory.file("victim"))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.file("none"))

        let made = try await run(["backup", file], data: scene.server.data)
        let refused = try await run(["backup", link], data: scene.server.data)

        #expect(made.status == 0, "\(made.errors)")
        #expect(refused.status == 1 && refused.errors.contains("exists"))
        #expect(try String(contentsOfFile: directory.file("victim"), encoding: .utf8) == "mine")
        #expect(try String(contentsOfFile: file + ".partial", encoding: .utf8) == "mine too")
    }

    @Test func `a backup whose name was taken meanwhile is kept, and said to be where it is`() async throws {
        let scene = try await scene(batches: 5)
        let directory = try TemporaryDirectory("backup")

        let child = try ServerProcess.launch(["backup", directory.file("b.db"), "--data", scene.server.data.path])
        _ = try await child.errors.first { $0 == "copying" }
        do {
            try Data("mine".utf8).write(to: URL(filePath: directory.file("b.db")), options: .withoutOverwriting)
        } catch CocoaError.fileWriteFileExists {
            // A busy machine showed us the stage after the backup was done: nothing was taken from it.
            try await child.waitExit()
            return
        }
        let status = try await child.waitExit()
        try await child.errors.waitFinish()

        let other = try #require(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).first { $0.hasSuffix(".partial") })
        #expect(status == 1 && child.errors.elements.contains { $0.hasSuffix("is " + directory.file(other)) })
        #expect(try await sqlite(directory.file(other), "PRAGMA integrity_check") == "ok")
        #expect(try String(contentsOfFile: directory.file("b.db"), encoding: .utf8) == "mine")
    }

    @Test(arguments: ["copying", "checking"])
    func `a backup that is killed leaves a server at work and room for the next`(stage: String) async throws {
        let scene = try await scene(batches: 5)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")

        let child = try ServerProcess.launch(["backup", file, "--data", scene.server.data.path])
        _ = try await child.errors.first { $0 == stage }
        child.kill()
        try await child.waitExit()

        // Only a backup that was done before the signal came has its name.
        if FileManager.default.fileExists(atPath: file) {
            #expect(try await sqlite(file, "PRAGMA integrity_check") == "ok")
        }
        try await scene.postTicks(20_001...20_010)
        // The server notices that nobody asks any more; or it had been told that its part was over.
        if FileManager.default.fileExists(atPath: scene.server.data.file("tideline.db.copy")) {
            _ = try await scene.server.logLine { $0["message"].string?.hasPrefix("backup given up") == true }
        }
        let ended = try await run(["backup", directory.file("c.db")], data: scene.server.data)
        #expect(ended.status == 0, "\(ended.errors)")
    }

    @Test func `a server that is killed takes its backup with it, and leaves nothing`() async throws {
        let scene = try await scene(batches: 5)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")

        let child = try ServerProcess.launch(["backup", file, "--data", scene.server.data.path])
        _ = try await child.errors.first { $0 == "copying" }
        scene.server.kill()
        let status = try await child.waitExit()
        try await scene.server.waitExit()
        let again = try await scene.server.restart()

        #expect(status == 1 || FileManager.default.fileExists(atPath: file))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).allSatisfy { $0 == "b.db" })
        #expect(!FileManager.default.fileExists(atPath: again.data.file("tideline.db.copy")))
        try await scene.on(again).postTicks(20_001...20_010)
    }

    // MARK: Restore

    @Test func `after a restore the log is the backup's, clients get a reset, and the log before is kept`() async throws
    {
        let scene = try await scene(batches: 1)
        let backup = try TemporaryDirectory("backup")
        let file = backup.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)
        let then = try await scene.head()
        try await scene.postTicks(5_001...5_050)
        let now = try await scene.head()
        try await stop(scene)

        let dry = try await run(["restore", file, "--dry-run"], data: scene.server.data)
        let refused = try await run(["restore", file], data: scene.server.data)
        let done = try await run(["restore", file, "--force", "--json"], data: scene.server.data)

        #expect(dry.status == 0 && dry.output.contains("would be lost: harbor: events"))
        #expect(
            refused.status == 1 && refused.errors.contains("--force") && refused.errors.contains("nothing was changed"))
        #expect(done.status == 0, "\(done.errors)")
        let result = try TestJSON(done.output)
        let aside = try #require(result["previous"].string)
        #expect(result["losses"].array.count == 1)
        let last = try await sqlite(aside, "SELECT max(seq) FROM events")
        #expect(now.hasSuffix("-" + last))

        let again = scene.on(try await scene.server.restart())
        let log = try await again.log()
        #expect(then.hasSuffix("-\(log.count)"))
        #expect(!again.server.log.contains { $0.contains("new epoch") || $0.contains("head.mark") })
        for position in [then, now] {
            let stream = try await again.stream("ana", query: "stats=off", lastEventID: position)
            let reset = try await stream.next("reset")
            #expect(reset.json["reason"].string == "epoch")
            #expect(reset.id != then && reset.id?.hasSuffix("-\(log.count)") == true)
        }
        // To undo it, restore what was kept.
        try await stop(again)
        let undone = try await run(["restore", aside], data: scene.server.data)
        #expect(undone.status == 0, "\(undone.errors)")
        let last2 = try await sqlite(scene.server.data.file("tideline.db"), "SELECT max(seq) FROM events")
        #expect(last2 == last)
    }

    @Test func `a restore is refused while a server runs, and names it`() async throws {
        let scene = try await scene(batches: 1)
        let backup = try TemporaryDirectory("backup")
        let file = backup.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)

        let refused = try await run(["restore", file, "--force"], data: scene.server.data)
        let dry = try await run(["restore", file, "--dry-run"], data: scene.server.data)

        #expect(refused.status == 1 && refused.errors.contains("process \(scene.server.processID)"))
        #expect(dry.status == 0 && dry.output.contains("is good"))
        try await scene.postTicks(9_001...9_002)
    }

    @Test func `a restore makes a log where there was none`() async throws {
        let scene = try await scene(batches: 1)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)
        let head = try await scene.head()
        let data = try TemporaryDirectory("data")

        let done = try await run(["restore", file], data: data, ["TIDELINE_AUTH_JWT_SECRET": ""])
        let server = try await ServerProcess.start(data: data)

        #expect(done.status == 0 && !done.output.contains("before"), "\(done.errors)")
        #expect(done.errors.contains("no signing secret"))
        #expect(head.hasSuffix("-\(try await scene.on(server).log().count)"))
    }

    /// What is done to a good backup, and what the refusal says.
    static let damages: [(String, String)] = [
        ("head -c 300000 {} > {}.x && mv {}.x {}", "damaged"), ("printf nonsense > {}", "not a database"),
        ("printf '' > {}", "not a Tideline log"),
        ("dd if=/dev/urandom of={} bs=4096 seek=40 count=3 conv=notrunc status=none", "damaged"),
        ("sqlite3 {} 'DELETE FROM events WHERE seq = 77'", "should hold every event from 1 to"),
        ("sqlite3 {} 'PRAGMA user_version = 99'", "run a newer Tideline"),
        ("sqlite3 {} 'PRAGMA application_id = 1'", "not a Tideline log"),
    ]

    @Test(arguments: damages) func `a backup that is no good is refused, and nothing changes`(
        damage: String, reason: String
    )
        async throws
    {
        let scene = try await scene(batches: 1)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)
        try await stop(scene)
        let shell = try ChildProcess("/bin/sh", ["-c", damage.replacing("{}", with: file)])
        #expect(try await shell.waitExit() == 0, "\(shell.errors.elements)")
        let before = try names(in: scene.server.data)

        let dry = try await run(["restore", file, "--dry-run"], data: scene.server.data)
        let refused = try await run(["restore", file, "--force"], data: scene.server.data)

        #expect(dry.status == 1 && dry.errors.contains(reason), "\(dry.errors)")
        #expect(refused.status == 1 && refused.errors.contains(reason), "\(refused.errors)")
        #expect(try names(in: scene.server.data) == before)
        let again = scene.on(try await scene.server.restart())
        #expect(!again.server.log.contains { $0.contains("new epoch") })
    }

    @Test func `a log that cannot be read is put aside only when that is asked for`() async throws {
        let scene = try await scene(batches: 1)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)
        scene.server.kill()
        try await scene.server.waitExit()
        try scene.server.data.write("this was a log once", to: "tideline.db")
        // With it SQLite could repair even that.
        try FileManager.default.removeItem(atPath: scene.server.data.file("tideline.db-wal"))

        let refused = try await run(["restore", file], data: scene.server.data)
        let done = try await run(["restore", file, "--force"], data: scene.server.data)
        let again = scene.on(try await scene.server.restart())

        #expect(refused.status == 1 && refused.errors.contains("--force"), "\(refused.errors)")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await again.log().count > 1_000)
    }

    @Test(arguments: ["copying and checking", "replacing"])
    func `a restore that is killed leaves the old log or the new one`(stage: String) async throws {
        let scene = try await scene(batches: 6)
        let directory = try TemporaryDirectory("backup")
        let file = directory.file("b.db")
        #expect(try await run(["backup", file], data: scene.server.data).status == 0)
        let then = try await scene.log().count
        try await scene.postTicks(90_001...90_100)
        try await stop(scene)
        let data = scene.server.data

        let child = try ServerProcess.launch(["restore", file, "--force", "--data", data.path])
        _ = try await child.errors.first { $0 == stage }
        child.kill()
        try await child.waitExit()

        let again = scene.on(try await scene.server.restart())
        let count = try await again.log().count
        #expect(count == then || count == then + 100)
        let links = try FileManager.default.attributesOfItem(atPath: data.file("tideline.db"))[.referenceCount] as? Int
        #expect(links == 1)
        try await again.postTicks(90_201...90_210)
        try await stop(again)
        #expect(try await run(["restore", file, "--force"], data: data).status == 0)
        #expect(!FileManager.default.fileExists(atPath: data.file("tideline.db.restoring")))
    }

    // MARK: Tools

    private func median(_ durations: ArraySlice<Duration>) -> Duration {
        let sorted = durations.sorted()
        return sorted.isEmpty ? .zero : sorted[sorted.count / 2]
    }

    /// The files of a data directory, less those that SQLite makes and removes as it likes.
    private func names(in data: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: data.path).sorted().filter {
            !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }
    }

    /// What `sqlite3` answers, from outside of our program.
    private func sqlite(_ path: String, _ statement: String) async throws -> String {
        let child = try ChildProcess("/usr/bin/env", ["sqlite3", path, statement])
        try await child.waitExit()
        try await child.output.waitFinish()
        return child.output.elements.joined(separator: "\n")
    }
}
