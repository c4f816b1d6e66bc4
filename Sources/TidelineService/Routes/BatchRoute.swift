import Access
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence

/// POST of many events to one workspace, parsed as the body arrives; items are judged one by one.
struct BatchRoute: Sendable {
    let context: ServiceContext

    func route() -> Route {
        Route(
            .post, "/api/workspaces/:workspace/events",
            body: .incremental(limit: context.configuration.limits.batchBytes)
        ) { post($0, $1) }
    }

    private func post(_ request: Request, _ responder: Responder) {
        let format: BatchSplitter.Format
        switch MediaType.of(request.head) {
        case MediaType.json?: format = .array
        case MediaType.ndjson?: format = .ndjson
        default:
            let problem = Problem(
                .unsupportedMediaType, "Send application/x-ndjson, or application/json with an array.")
            return responder.respond(problem.response(to: request.head))
        }
        guard ["true", "false", nil].contains(request.query()?["dryRun"]) else {
            let problem = Problem(.invalidParameter, "dryRun is true or false.")
            return responder.respond(problem.response(to: request.head))
        }
        guard !request.head.contains(.idempotencyKey) else {
            let problem = Problem(.invalidParameter, "Idempotency-Key is for single events; give each item an eventId.")
            return responder.respond(problem.response(to: request.head))
        }
        let body = BatchBody(format: format, context: context, request: request, responder: responder)
        responder.receiveBody(body)
        let bound = LoopBound(body, loop: request.loop)
        context.enter(request, responder) { bound.value.admitted(to: $0) }
    }
}

/// One batch while it arrives; confined to the connection's loop.
private final class BatchBody: BodyConsumer {
    private let context: ServiceContext
    private let request: Request
    private let responder: Responder
    private var splitter: BatchSplitter
    private var entry: WorkspaceDoor.Entry?
    /// Bytes that came before the workspace was known; bounded by the route's limit.
    private var early: [UInt8] = []
    private var items: [BatchItem] = []
    private var isFinished = false
    private var hasFailed = false

    init(format: BatchSplitter.Format, context: ServiceContext, request: Request, responder: Responder) {
        splitter = BatchSplitter(format: format, maximumItemBytes: context.configuration.limits.bodyBytes)
        self.context = context
        self.request = request
        self.responder = responder
    }

    func admitted(to entry: WorkspaceDoor.Entry) {
        self.entry = entry
        let bytes = early
        early = []
        if !bytes.isEmpty { receive(bytes) }
        if isFinished { finished() }
    }

    func receive(_ bytes: [UInt8]) {
        guard !hasFailed else { return }
        guard let entry else {
            early += bytes
            return
        }
        do throws(BatchError) {
            try splitter.receive(bytes)
        } catch {
            return fail(error)
        }
        takeItems(entry)
    }

    func finished() {
        isFinished = true
        guard !hasFailed, let entry else { return }
        do throws(BatchError) {
            try splitter.finish()
        } catch {
            return fail(error)
        }
        takeItems(entry)
        submit(entry)
    }

    func aborted(_ reason: BodyAbort) { hasFailed = true }

    private func takeItems(_ entry: WorkspaceDoor.Entry) {
        while let item = splitter.next() {
            switch item {
            case .tooLarge:
                items.append(
                    .refused(
                        Problem(.tooLarge, "An event may have at most \(context.configuration.limits.bodyBytes) bytes.")
                    ))
            case .bytes(let bytes):
                do throws(DraftError) {
                    items.append(.draft(try context.draftReader.read(bytes, as: entry.principal)))
                } catch {
                    items.append(.refused(Problem(error)))
                }
            }
        }
    }

    private func fail(_ error: BatchError) {
        hasFailed = true
        context.refuse(request, responder, Problem(error), entry: entry)
    }

    private func submit(_ entry: WorkspaceDoor.Entry) {
        let items = items
        let drafts = items.compactMap { item in
            if case .draft(let draft) = item { draft } else { nil }
        }
        let answer = BatchAnswer(items: items, workspace: entry.workspace)
        let isDry = request.query()?["dryRun"] == "true"
        guard !drafts.isEmpty, !isDry else {
            Self.noteDenials(items, [], request, entry, context)
            return responder.respond(answer.response(to: request, results: []))
        }
        let isQuiet = request.isLocalControl && request.query()?["quiet"] == "true"
        let submission = Submission(
            .append(entry.workspace.key, drafts, isBatch: true), by: entry.principal, isQuiet: isQuiet
        ) { [context, request, responder] result in
            switch result {
            case .items(let results):
                Self.noteDenials(items, results, request, entry, context)
                Self.noteGoverning(drafts, results, request, entry, context)
                responder.respond(answer.response(to: request, results: results))
            case .failed(let fault): context.refuse(request, responder, Problem(fault), entry: entry)
            case .created, .alreadyExists, .nameTaken, .unknownWorkspace:
                context.refuse(request, responder, .notFound, entry: entry)
            }
        }
        if !context.log.submit(submission) { context.refuse(request, responder, .queueFull, entry: entry) }
    }

    /// One entry in the audit log for the items that changed who belongs to the workspace, or the workspace itself.
    private static func noteGoverning(
        _ drafts: [EventDraft], _ results: [ItemResult], _ request: Request, _ entry: WorkspaceDoor.Entry,
        _ context: ServiceContext
    ) {
        var types: [String: Int] = [:]
        for (draft, result) in zip(drafts, results) where draft.type.isGoverning {
            if case .accepted = result { types[draft.type.text, default: 0] += 1 }
        }
        guard !types.isEmpty else { return }
        let counts = types.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        context.audit(request, entry, action: "append batch", detail: counts)
    }

    /// One entry in the audit log for the items of a batch that the sender's role does not allow.
    private static func noteDenials(
        _ items: [BatchItem], _ results: [ItemResult], _ request: Request, _ entry: WorkspaceDoor.Entry,
        _ context: ServiceContext
    ) {
        let unread = items.count { if case .refused(let problem) = $0 { problem.code == .forbidden } else { false } }
        let unwritten = results.count { result in
            switch result {
            case .denied(.forbidden), .denied(.notFound): true
            case .denied(.invalid), .accepted, .duplicate, .conflict: false
            }
        }
        guard unread + unwritten > 0 else { return }
        context.audit(
            request, entry, action: "denied", outcome: ProblemCode.forbidden.rawValue,
            detail: "items=\(unread + unwritten)")
    }
}
