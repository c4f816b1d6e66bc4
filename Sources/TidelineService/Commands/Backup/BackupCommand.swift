import Events
import Persistence

/// `tideline backup`: has the log copied by whoever holds it, checks the copy, and gives it its name.
enum BackupCommand {
    private static let pageBytes = 4_096
    /// Between two questions to the server.
    private static let pollInterval: Duration = .milliseconds(100)

    static func run(_ options: BackupOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let file = try BackupFile(options.file)
        let settings = try context.configuration(options.configuration).logSettings
        return try context.withSession(options.configuration, makesLog: false) { session throws(CommandFailure) in
            let bytes = DiskSpace.size(of: settings.path) + DiskSpace.size(of: settings.path + "-wal")
            try checkSpace(for: bytes, in: [settings.directory, file.directory])
            if options.isDryRun {
                try context.console.write(
                    line: "a backup of \(settings.path) would take at most \(ByteText.of(bytes)), and fits")
                return 0
            }
            let found = try make(file, from: settings.copyPath, by: session.client, context.console)
            try report(found, file, options, context.console)
            return 0
        }
    }

    private static func checkSpace(for bytes: Int, in directories: [String]) throws(CommandFailure) {
        for directory in directories {
            if let free = DiskSpace.free(in: directory), free < bytes {
                throw CommandFailure(
                    "\(directory) has \(ByteText.of(free)) left, but a backup may take \(ByteText.of(bytes)); make room"
                )
            }
        }
    }

    private static func make(
        _ file: BackupFile, from copyPath: String, by client: ControlClient, _ console: Console
    ) throws(CommandFailure) -> LogInspection {
        var line = StageLine(console)
        defer { line.end() }
        line.begin("copying")
        try client.beginBackup()
        let found: LogInspection
        do throws(CommandFailure) {
            try wait(for: client, &line)
            line.begin("moving")
            var asked = ContinuousClock.now
            try file.take(copyPath) { done throws(CommandFailure) in
                // The server keeps its copy for those who ask only.
                if asked.duration(to: .now) > .seconds(1) {
                    asked = .now
                    _ = try client.backup()
                }
            }
            try client.endBackup()
            line.begin("checking")
            found = try check(file.partial)
        } catch {
            // The first failure is the one to report.
            try? client.endBackup()
            file.discard()
            throw error
        }
        // Good by now: whatever its name, it is kept.
        try file.publish()
        return found
    }

    private static func wait(for client: ControlClient, _ line: inout StageLine) throws(CommandFailure) {
        while true {
            switch try client.backup() {
            case .copying(let copied, let total):
                line.update(copied * pageBytes, of: total * pageBytes)
                pause(pollInterval)
            case .ready: return
            case .failed(let message): throw CommandFailure("the log could not be copied: \(message)")
            }
        }
    }

    private static func check(_ path: String) throws(CommandFailure) -> LogInspection {
        do throws(StoreError) {
            return try LogInspection.read(path, depth: .full)
        } catch {
            throw CommandFailure("the copy is not good, and was removed: \(error.message); see: tideline doctor --deep")
        }
    }

    private static func report(
        _ found: LogInspection, _ file: BackupFile, _ options: BackupOptions, _ console: Console
    ) throws(CommandFailure) {
        let bytes = DiskSpace.size(of: file.path)
        if options.isJSON {
            var json = JSONText()
            json.object {
                $0.member("file", file.path)
                $0.member("bytes", bytes)
                $0.member("schemaVersion", found.schemaVersion)
                $0.member("events", found.events)
                $0.add(found.workspaces)
            }
            return try console.write(json.bytes + [UInt8(ascii: "\n")])
        }
        try console.write(
            line:
                "\(file.path): \(ByteText.of(bytes)), \(found.events) events in \(found.workspaces.count) workspaces, checked"
        )
        console.say("The signing secret is not in it: keep that as well.")
    }
}

extension JSONText {
    /// `workspaces`, as both commands list them.
    mutating func add(_ workspaces: [LogInspection.Workspace]) {
        array("workspaces", workspaces) { item, workspace in
            item.object {
                $0.member("id", workspace.id.text)
                $0.member("slug", workspace.slug.text)
                $0.member("head", Int(workspace.head))
                $0.member("floor", Int(workspace.floor))
                $0.member("events", workspace.events)
            }
        }
    }
}

/// How a backup stands, as the server says.
enum BackupState: Equatable {
    case copying(copied: Int, total: Int)
    case ready
    case failed(String)
}

extension ControlClient {
    func beginBackup() throws(CommandFailure) {
        let reply = try exchange(ClientRequest("POST", "/control/backup"))
        guard reply.isSuccess else { throw CommandFailure(reply) }
    }

    func backup() throws(CommandFailure) -> BackupState {
        let reply = try exchange(.get("/control/backup"))
        guard reply.isSuccess, let root = try? JSONDocument(scanning: reply.body, limits: .stored).root else {
            throw CommandFailure(reply)
        }
        switch root["state"]?.string {
        case "copying":
            return .copying(copied: Int(root["copied"]?.integer ?? 0), total: Int(root["total"]?.integer ?? 0))
        case "ready": return .ready
        default: return .failed(root["detail"]?.string ?? "the server knows of no backup")
        }
    }

    /// Also removes what was not taken.
    func endBackup() throws(CommandFailure) {
        let reply = try exchange(ClientRequest("DELETE", "/control/backup"))
        guard reply.isSuccess else { throw CommandFailure(reply) }
    }
}
