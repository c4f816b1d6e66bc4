import Access
import Events
import HTTPProtocol
import HTTPServer
import Persistence
import Projections

/// Browser sessions, and who one is.
struct SessionRoute: Sendable {
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.post, "/api/session", body: .buffered(limit: 1024)) { open($0, $1) },
            Route(.delete, "/api/session") { close($0, $1) },
            Route(.get, "/api/me") { me($0, $1) },
        ]
    }

    /// Exchanges a bearer token, or a login link's one-time token, for an HttpOnly cookie.
    private func open(_ request: Request, _ responder: Responder) {
        do throws(Problem) {
            let (cookie, claims) = try context.authenticator.openSession(request, at: context.clock())
            var json = JSONText()
            json.object {
                $0.member("userId", claims.user.text)
                if let name = claims.name { $0.member("name", name) }
                $0.member("expiresAt", Timestamp.format(claims.expiresAt))
            }
            responder.respond(.json(json.bytes, fields: [.setCookie: cookie, .cacheControl: "no-store"]))
        } catch {
            context.refuse(request, responder, error)
        }
    }

    /// Signs out. Any session may, also one that has ended, but no foreign page for it.
    private func close(_ request: Request, _ responder: Responder) {
        do throws(Problem) {
            let isByCookie = request.head.contains(.cookie) && !request.head.contains(.authorization)
            if isByCookie { try context.authenticator.requireSameOrigin(request) }
        } catch {
            return context.refuse(request, responder, error)
        }
        let fields: HTTPFields = [.setCookie: context.authenticator.endSession, .cacheControl: "no-store"]
        responder.respond(Response(.noContent, fields))
    }

    private func me(_ request: Request, _ responder: Responder) {
        let credential: Credential
        do throws(Problem) {
            credential = try context.credential(of: request)
        } catch {
            return context.refuse(request, responder, error)
        }
        var json = JSONText()
        json.object {
            $0.member("userId", credential.user.text)
            if let name = credential.name { $0.member("name", name) }
            $0.array("workspaces", workspaces(of: credential)) { item, entry in
                item.object {
                    $0.member("id", entry.workspace.id.text)
                    $0.member("slug", entry.slug)
                    $0.member("role", entry.role.rawValue)
                }
            }
        }
        responder.respond(.json(json.bytes, fields: [.cacheControl: "private, no-store"]))
    }

    /// The workspaces that the credential gets into now; an operator is shown the first thousand.
    private func workspaces(of credential: Credential) -> [(workspace: WorkspaceLog, slug: String, role: Role)] {
        var found: [(workspace: WorkspaceLog, slug: String, role: Role)] = []
        for workspace in candidates(of: credential) {
            let directory = workspace.directory()
            let identity = WorkspaceIdentity(key: workspace.key, id: workspace.id, slug: directory.slug)
            let removedAt = directory.members[credential.user]?.removedAt
            if let principal = credential.decision(in: identity, removedAt: removedAt).principal {
                found.append((workspace, directory.slug.text, principal.role))
            }
        }
        return found
    }

    private func candidates(of credential: Credential) -> [WorkspaceLog] {
        if credential.roleEverywhere != nil { return Array(context.log.workspaces.prefix(1000)) }
        switch credential {
        case .token(let claims), .session(let claims):
            var seen: Set<WorkspaceID> = []
            return claims.grants.named.keys.sorted { $0.text < $1.text }
                .compactMap { context.log.workspace(named: $0.text) }.filter { seen.insert($0.id).inserted }
        case .apiKey(let record): return context.log.workspace(record.workspace).map { [$0] } ?? []
        case .localOperator: return []
        }
    }
}
