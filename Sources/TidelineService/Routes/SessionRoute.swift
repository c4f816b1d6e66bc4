import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Persistence
import Projections

/// Browser sessions, and who one is.
struct SessionRoute: Sendable {
    /// Workspaces of an operator that `/api/me` lists; `/api/workspaces` has them all.
    private static let shownWorkspaces = 1000
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

    /// Signs out: the cookie goes, copies of it count no more, and the session's streams end. Any session may, also one
    /// that has ended, but no foreign page for it.
    private func close(_ request: Request, _ responder: Responder) {
        do throws(Problem) {
            let isByCookie = request.head.contains(.cookie) && !request.head.contains(.authorization)
            if isByCookie { try context.authenticator.requireSameOrigin(request) }
        } catch {
            return context.refuse(request, responder, error)
        }
        if let session = context.authenticator.endSession(request, at: context.clock()) {
            context.hub.closeStreams(ofCredential: session.streamTag)
        }
        let fields: HTTPFields = [.setCookie: context.authenticator.clearedCookie, .cacheControl: "no-store"]
        responder.respond(Response(.noContent, fields))
    }

    private func me(_ request: Request, _ responder: Responder) {
        let credential: Credential
        do throws(Problem) {
            credential = try context.credential(of: request)
        } catch {
            return context.refuse(request, responder, error)
        }
        let places = WorkspacesRoute(context: context).workspaces(of: credential, limit: Self.shownWorkspaces)
        var json = JSONText()
        json.object {
            $0.member("userId", credential.user.text)
            if let name = credential.name { $0.member("name", name) }
            $0.array("workspaces", places) { item, place in
                item.object {
                    $0.member("id", place.workspace.id.text)
                    $0.member("slug", place.directory.slug.text)
                    if let name = place.directory.name { $0.member("name", name) }
                    $0.member("role", place.role.rawValue)
                }
            }
            $0.member("isOperator", credential.roleEverywhere != nil)
        }
        responder.respond(.json(json.bytes, fields: [.cacheControl: "private, no-store"]))
    }
}
