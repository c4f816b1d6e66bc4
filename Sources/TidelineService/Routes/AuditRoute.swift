import Access
import Events
import HTTPProtocol
import HTTPServer
import Persistence

/// The audit log: who was denied what, and what administrators did; newest first.
///
/// `GET /api/workspaces/:workspace/audit` is what concerns one workspace, for its administrators; `GET /api/audit` is the
/// rest, for operators: requests without a credential, or to what is no workspace.
struct AuditRoute: Sendable {
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.get, "/api/workspaces/:workspace/audit") { request, responder in
                context.enter(request, responder, allowing: [.admin]) { entry in
                    answer(request, responder, of: entry.workspace.key, actor: entry.principal.user)
                }
            },
            Route(.get, "/api/audit") { server($0, $1) },
        ]
    }

    private func server(_ request: Request, _ responder: Responder) {
        do throws(Problem) {
            let credential = try context.credential(of: request)
            guard credential.roleEverywhere == .admin else {
                let problem = Problem(.forbidden, "This needs the role admin in every workspace (\"*\").")
                return context.refuse(request, responder, problem, actor: credential.user)
            }
            answer(request, responder, of: nil, actor: credential.user)
        } catch {
            context.refuse(request, responder, error)
        }
    }

    private func answer(_ request: Request, _ responder: Responder, of workspace: WorkspaceKey?, actor: UserID) {
        let query: Query
        do throws(Problem) {
            query = try Query(request)
        } catch {
            return context.refuse(request, responder, error, actor: actor)
        }
        // What was done before this request is in its answer.
        let isQueued = context.log.flushAudit {
            let isQueued = context.pool.submit { respond(request, responder, workspace, query) }
            if !isQueued { context.refuse(request, responder, Self.busy, actor: actor) }
        }
        if !isQueued { context.refuse(request, responder, Self.busy, actor: actor) }
    }

    private func respond(
        _ request: Request, _ responder: Responder, _ workspace: WorkspaceKey?, _ query: Query
    ) {
        do throws(StoreError) {
            // One more than asked for tells whether there is a next page.
            let found = try context.log.readers().audit(workspace, before: query.before, limit: query.limit + 1)
            let page = found.prefix(query.limit)
            var json = JSONText()
            json.object {
                $0.array("entries", page) { item, stored in item.object { Self.write(stored, &$0) } }
                if found.count > query.limit, let last = page.last {
                    $0.member("next", last.id)
                } else {
                    $0.member("next", raw: "null".utf8)
                }
            }
            responder.respond(.json(json.bytes, fields: [.cacheControl: "private, no-store"]))
        } catch {
            let problem = Problem(.storageUnavailable, "The audit log could not be read.", retryAfter: 2)
            context.refuse(request, responder, problem)
        }
    }

    private static func write(_ stored: StoredAuditEntry, _ object: inout JSONText) {
        let entry = stored.entry
        object.member("id", stored.id)
        object.member("at", Timestamp.format(entry.at))
        object.member("actor", entry.actor)
        object.member("action", entry.action)
        if !entry.subject.isEmpty { object.member("subject", entry.subject) }
        object.member("outcome", entry.outcome)
        if !entry.request.isEmpty { object.member("requestId", entry.request) }
        if !entry.detail.isEmpty { object.member("detail", entry.detail) }
    }

    private static let busy = Problem(.storageUnavailable, "Too many reads wait.", retryAfter: 1)

    /// `?limit=100&before=<id>`.
    private struct Query: Sendable {
        var limit = 100
        var before: String?

        init(_ request: Request) throws(Problem) {
            guard let query = request.query() else { throw Problem(.invalidRequest, "The query is badly encoded.") }
            if let text = query["limit"] {
                guard let limit = Int(text), (1...500).contains(limit) else {
                    throw Problem(.outOfRange, "limit is 1 to 500.")
                }
                self.limit = limit
            }
            if let text = query["before"] {
                guard text.utf8.count == 36, text.utf8.allSatisfy({ "0123456789abcdef-".utf8.contains($0) }) else {
                    throw Problem(.invalidParameter, "before is the id of an entry.")
                }
                before = text
            }
        }
    }
}
