import Events
import Glibc

/// `tideline import`: reads NDJSON, appends it over the control socket in batches, or only checks it.
enum ImportCommand {
    static func run(_ options: ImportOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        let input = try ImportInput(options.source)
        if options.isDryRun { return try check(input, options, configuration, context.console) }
        let session = try ControlSession.open(configuration)
        defer { session.close() }
        return try append(input, options, configuration, session, context.console)
    }

    // MARK: Appending

    static func append(
        _ input: ImportInput, _ options: ImportOptions, _ configuration: ServiceConfiguration,
        _ session: ControlSession, _ console: Console
    ) throws(CommandFailure) -> Int32 {
        let book = WorkspaceBook(session.client, try session.client.workspaces())
        let record =
            input.isResumable
            ? ImportRecord(
                directory: configuration.storage.directory, file: input.status, workspace: options.workspace,
                logs: book.all) : nil
        let resuming = record?.load(fileBytes: input.status.size)
        if let resuming {
            console.say("continuing an interrupted import behind line \(resuming.line) (\(resuming.offset) bytes)")
        }
        var delivery = ImportDelivery(client: BlockingHTTPClient(session.client.http.address), isQuiet: options.isQuiet)
        delivery.explain = { console.say($0) }
        let reader = ImportWindowReader(
            try input.source(from: resuming), fallback: options.workspace, limits: limits(configuration),
            resolve: book.identifier(of:))
        var run = ImportRun(
            console, reader: reader, record: record, totalBytes: input.totalBytes, resuming: resuming,
            deliver: delivery.deliver(_:meanwhile:))
        try run.run()
        try conclude(run.counts, options, console)
        return run.counts.rejected == 0 ? 0 : 1
    }

    private static func limits(_ configuration: ServiceConfiguration) -> ImportWindowReader.Limits {
        var limits = ImportWindowReader.Limits()
        limits.batchBytes = min(limits.batchBytes, configuration.limits.batchBytes)
        return limits
    }

    private static func conclude(
        _ counts: ImportCounts, _ options: ImportOptions, _ console: Console
    ) throws(CommandFailure) {
        if options.isJSON {
            try console.write(counts.json.bytes + [UInt8(ascii: "\n")])
        } else {
            try console.write(line: counts.text(isDryRun: options.isDryRun))
        }
    }

    // MARK: Checking

    /// Judges every line as the server would, without one; whether workspaces exist is not asked.
    static func check(
        _ input: ImportInput, _ options: ImportOptions, _ configuration: ServiceConfiguration, _ console: Console
    ) throws(CommandFailure) -> Int32 {
        let judge = configuration.draftReader
        let operatorRole = Principal(user: UserID(validated: "operator"), role: .admin)
        let reader = ImportWindowReader(
            try input.source(from: nil), fallback: options.workspace, limits: limits(configuration),
            resolve: { name throws(CommandFailure) in name.text })
        var run = ImportRun(console, reader: reader, record: nil, totalBytes: input.totalBytes, resuming: nil) {
            batch, meanwhile throws(CommandFailure) in
            meanwhile()
            return BatchVerdict(checking: batch, by: judge, as: operatorRole)
        }
        try run.run()
        try conclude(run.counts, options, console)
        return run.counts.rejected == 0 ? 0 : 1
    }
}

extension BatchVerdict {
    /// What `judge` says of each item.
    init(checking batch: ImportWindow.Batch, by judge: DraftReader, as principal: Principal) {
        self.init()
        for (item, line) in zip(batch.body.split(separator: UInt8(ascii: "\n")), batch.lines) {
            do throws(DraftError) {
                _ = try judge.read(Array(item), as: principal)
                accepted += 1
            } catch {
                refusals.append(ImportRefusal(line: line.number, code: error.code.rawValue, detail: error.detail))
            }
        }
    }
}

/// The file or pipe that is imported.
struct ImportInput {
    let status: PlainFile.Status
    private let descriptor: Int32
    private let isStandardInput: Bool
    private let position: Int

    init(_ source: ImportOptions.Source) throws(CommandFailure) {
        switch source {
        case .standardInput:
            descriptor = STDIN_FILENO
            isStandardInput = true
        case .file(let path):
            descriptor = PlainFile.openForReading(path)
            isStandardInput = false
            guard descriptor >= 0 else { throw CommandFailure("cannot read \(path): \(SystemErrorText.of(errno))") }
        }
        status = PlainFile.status(of: descriptor)
        position = PlainFile.position(of: descriptor)
    }

    /// Whether an interrupted import can go on in the middle: not with a pipe, nor with the rest of a file.
    var isResumable: Bool { status.isRegular && position == 0 }
    /// nil: the end is not known.
    var totalBytes: Int? { isResumable ? status.size : nil }

    /// The lines; called once.
    func source(from content: ImportRecord.Content?) throws(CommandFailure) -> LineSource {
        if let content, !PlainFile.seek(descriptor, to: content.offset) {
            throw CommandFailure("cannot read from the middle of the file: \(SystemErrorText.of(errno))")
        }
        return LineSource(
            descriptor, closes: !isStandardInput, offset: content?.offset ?? 0, lineNumber: content?.line ?? 0)
    }
}

/// Which workspaces there are; asks again once for one it does not know.
final class WorkspaceBook {
    private let client: ControlClient
    private(set) var all: [WorkspaceSummary]
    private var known: [WorkspaceID: String] = [:]

    init(_ client: ControlClient, _ all: [WorkspaceSummary]) {
        self.client = client
        self.all = all
    }

    /// The id of the workspace that `name` addresses.
    func identifier(of name: WorkspaceID) throws(CommandFailure) -> String {
        if let id = known[name] { return id }
        if !all.contains(where: { $0.isNamed(name.text) }) { all = try client.workspaces() }
        guard let workspace = all.first(where: { $0.isNamed(name.text) }) else { throw .noWorkspace(name.text) }
        known[name] = workspace.id
        return workspace.id
    }
}
