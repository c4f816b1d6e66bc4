import Events
import Persistence
import Telemetry

/// `tideline restore`: checks a backup and puts it in the place of the log, of which no server runs.
enum RestoreCommand {
    private static let pageBytes = 4_096

    static func run(_ options: RestoreOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        guard PlainFile.exists(options.file) else { throw CommandFailure("there is no file \(options.file)") }
        // Before anything is held: a pipe, for one, would be waited for.
        try wrapping { () throws(StoreError) in try LogInspection.requireRegular(options.file) }
        let settings = configuration.logSettings
        if options.isDryRun { return try check(options, settings, context.console) }
        let restoration = try open(settings)
        let present = try present(settings, isForced: options.isForced)
        var line = StageLine(context.console)
        defer { line.end() }
        let bytes = DiskSpace.size(of: options.file)
        if let free = DiskSpace.free(in: settings.directory), free < bytes {
            throw CommandFailure(
                "\(settings.directory) has \(ByteText.of(free)) left, and the backup takes \(ByteText.of(bytes))")
        }
        line.begin("copying and checking")
        let found = try wrapping { () throws(StoreError) in
            try restoration.stage(options.file) { line.update($0 * pageBytes, of: $1 * pageBytes) }
        }
        let losses = losses(of: present, comparedWith: found)
        guard losses.isEmpty || options.isForced else {
            throw CommandFailure(
                """
                nothing was changed: \(options.file) lacks events of the present log (\(losses.joined(separator: "; "))). \
                With --force they leave the log, which is kept beside the new one
                """)
        }
        line.begin("replacing")
        let aside = try wrapping { () throws(StoreError) in try restoration.replace(at: WallClock.milliseconds()) }
        line.end()
        try report(found, losses, aside: aside, options, context.console)
        advise(configuration, context.console)
        return 0
    }

    /// `--dry-run`: also while a server runs.
    private static func check(
        _ options: RestoreOptions, _ settings: LogSettings, _ console: Console
    ) throws(CommandFailure) -> Int32 {
        var line = StageLine(console)
        defer { line.end() }
        line.begin("checking")
        let found = try wrapping { () throws(StoreError) in try LogInspection.read(options.file, depth: .full) }
        line.end()
        let losses = losses(of: try present(settings, isForced: true), comparedWith: found)
        try report(found, losses, aside: nil, options, console)
        return 0
    }

    private static func open(_ settings: LogSettings) throws(CommandFailure) -> LogRestoration {
        do throws(StoreError) {
            return try LogRestoration(settings)
        } catch {
            guard case .locked(let pid) = error.reason else { throw CommandFailure(error.message) }
            let holder = pid.map { "process \($0)" } ?? "a process"
            throw CommandFailure(
                "\(settings.directory) is in use by \(holder): stop that server first (systemctl stop tideline, or kill -TERM)"
            )
        }
    }

    /// The log that is there; nil when there is none, or none that can be read.
    private static func present(
        _ settings: LogSettings, isForced: Bool
    ) throws(CommandFailure) -> LogInspection? {
        do throws(StoreError) {
            return try LogRestoration.present(settings)
        } catch {
            if isForced { return nil }
            throw CommandFailure(
                "the present log cannot be read (\(error.message)), so nobody can say what would be lost; with --force it is put aside as it is"
            )
        }
    }

    /// Which workspaces know more now than they would afterwards.
    static func losses(of present: LogInspection?, comparedWith backup: LogInspection) -> [String] {
        (present?.workspaces ?? []).compactMap { now in
            guard let then = backup.workspaces.first(where: { $0.id == now.id }) else {
                return "\(now.slug): the whole workspace, \(now.events) events"
            }
            return now.head > then.head ? "\(now.slug): events \(then.head + 1) to \(now.head)" : nil
        }
    }

    private static func wrapping<Value>(_ body: () throws(StoreError) -> Value) throws(CommandFailure) -> Value {
        do throws(StoreError) {
            return try body()
        } catch {
            throw CommandFailure("nothing was changed: \(error.message)")
        }
    }

    private static func report(
        _ found: LogInspection, _ losses: [String], aside: String?, _ options: RestoreOptions, _ console: Console
    ) throws(CommandFailure) {
        if options.isJSON {
            var json = JSONText()
            json.object {
                $0.member("file", options.file)
                $0.member("restored", !options.isDryRun)
                if let aside { $0.member("previous", aside) }
                $0.member("schemaVersion", found.schemaVersion)
                $0.member("events", found.events)
                $0.add(found.workspaces)
                $0.array("losses", losses) { $0.element($1) }
            }
            return try console.write(json.bytes + [UInt8(ascii: "\n")])
        }
        let content = "\(found.events) events in \(found.workspaces.count) workspaces"
        if options.isDryRun {
            try console.write(line: "\(options.file) is good: \(content), schema \(found.schemaVersion)")
            for loss in losses { try console.write(line: "would be lost: \(loss)") }
        } else {
            try console.write(line: "restored \(content), with new epochs")
            if let aside { try console.write(line: "the log before is \(aside)") }
        }
    }

    private static func advise(_ configuration: ServiceConfiguration, _ console: Console) {
        guard configuration.auth.jwt.secret.isEmpty, !PlainFile.exists(configuration.storage.secretPath) else { return }
        console.say(
            "There is no signing secret at \(configuration.storage.secretPath): put the old one there, or old tokens end."
        )
    }
}
