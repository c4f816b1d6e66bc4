import Access
import Events
import HTTPProtocol
import HTTPServer
import Persistence
import Telemetry

/// POST of one event: answered when it is durable, folded and handed over to the loops.
struct EventRoute: Sendable {
    let context: ServiceContext

    func post(_ request: Request, _ responder: Responder) {
        guard MediaType.isJSON(request.head) else {
            let problem = Problem(.unsupportedMediaType, "Send the event as application/json.")
            return responder.respond(problem.response(to: request.head))
        }
        context.enter(request, responder) { entry in
            do throws(Problem) {
                append(try draft(request, entry), request, responder, entry)
            } catch {
                context.refuse(request, responder, error, entry: entry)
            }
        }
    }

    private func draft(_ request: Request, _ entry: WorkspaceDoor.Entry) throws(Problem) -> EventDraft {
        var draft: EventDraft
        do throws(DraftError) {
            draft = try context.draftReader.read(request.body, as: entry.principal)
        } catch {
            throw Problem(error)
        }
        if let key = request.head.first(.idempotencyKey) {
            guard (1...255).contains(key.count), key.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw Problem(.invalidParameter, "Idempotency-Key is 1–255 visible ASCII characters.")
            }
            draft.idempotencyKey = String(decoding: key, as: UTF8.self)
        }
        return draft
    }

    private func append(
        _ draft: EventDraft, _ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry
    ) {
        let submission = Submission(.append(entry.workspace.key, [draft], isBatch: false), by: entry.principal) {
            result in
            switch result {
            case .items(let items):
                guard let item = items.first else { return responder.respond(.internalError) }
                answer(item, draft, request, responder, entry)
            case .failed(let fault): context.refuse(request, responder, Problem(fault), entry: entry)
            case .created, .alreadyExists, .nameTaken, .unknownWorkspace:
                context.refuse(request, responder, .notFound, entry: entry)
            }
        }
        if !context.log.submit(submission) { context.refuse(request, responder, .queueFull, entry: entry) }
    }

    private func answer(
        _ item: ItemResult, _ draft: EventDraft, _ request: Request, _ responder: Responder,
        _ entry: WorkspaceDoor.Entry
    ) {
        switch item {
        case .accepted(let receipt, _):
            if draft.type.isGoverning {
                context.audit(
                    request, entry, action: "append \(draft.type.text)", subject: draft.facts.governedSubject,
                    detail: "seq=\(receipt.sequence)")
            }
            let notified = context.publisher.notified(draft, in: entry.workspace)
            context.diagnostics.debug(
                "event tracked",
                [
                    "workspace": .string(entry.workspace.id.text), "user": .string(entry.principal.user.text),
                    "type": .string(draft.type.text), "seq": .integer(Int(receipt.sequence)),
                    "notified": .integer(notified), "request": .string(request.requestID),
                ])
            responder.respond(tracked(draft.type, receipt, notified: notified, isDuplicate: false, entry.workspace))
        case .duplicate(let receipt):
            responder.respond(tracked(draft.type, receipt, notified: 0, isDuplicate: true, entry.workspace))
        case .conflict:
            context.refuse(
                request, responder,
                Problem(.idempotencyConflict, "This eventId or Idempotency-Key was used for another event."),
                entry: entry)
        case .denied(let denial):
            context.refuse(request, responder, Problem(denial), entry: entry)
        }
    }

    /// The answer of seed row S4-8, with what a client needs to resume from it.
    private func tracked(
        _ type: EventType, _ receipt: AppendReceipt, notified: Int, isDuplicate: Bool, _ workspace: WorkspaceLog
    ) -> Response {
        var json = JSONText()
        json.object {
            $0.member("success", true)
            $0.member("message", "Event tracked successfully")
            $0.member("eventType", type.text)
            $0.member("notified", notified)
            if isDuplicate { $0.member("duplicate", true) }
            $0.member("eventId", receipt.eventID.text)
            $0.member("seq", Int(receipt.sequence))
            $0.member("id", StreamPosition(epoch: workspace.epoch, sequence: receipt.sequence).description)
            $0.member("receivedAt", Timestamp.format(receipt.receivedAt))
            $0.member("timestamp", Timestamp.format(context.clock()))
        }
        return .json(json.bytes)
    }
}

extension MediaType {
    /// Whether the body says it is JSON; parameters such as charset do not matter.
    static func isJSON(_ head: RequestHead) -> Bool { of(head) == .json }

    /// The media type of the body; nil when it is not stated, or stated twice.
    static func of(_ head: RequestHead) -> MediaType? {
        head.only(.contentType).flatMap { MediaType(parsing: $0) }
    }
}

extension EventFacts {
    /// Whom or what a governing event is about, for the audit log.
    fileprivate var governedSubject: String {
        switch self {
        case .memberAdded(let user, let role): "user:\(user.text) role:\(role.rawValue)"
        case .memberRemoved(let user): "user:\(user.text)"
        default: ""
        }
    }
}
