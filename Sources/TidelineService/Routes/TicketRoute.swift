import Access
import Events
import HTTPProtocol
import HTTPServer

/// `POST /api/tickets`: a one-use ticket for a stream, for an EventSource that cannot send `Authorization`.
struct TicketRoute: Sendable {
    let context: ServiceContext

    func route() -> Route {
        Route(.post, "/api/tickets", body: .buffered(limit: 1024)) { post($0, $1) }
    }

    private func post(_ request: Request, _ responder: Responder) {
        var actor: UserID?
        do throws(Problem) {
            let credential = try context.credential(of: request)
            actor = credential.user
            // The body says nothing yet; what is there must be what a later version could read.
            if !request.body.isEmpty { _ = try JSONObjectBody(request) }
            let ticket = try context.authenticator.ticket(for: credential, at: context.clock())
            var json = JSONText()
            json.object {
                $0.member("ticket", ticket.text)
                $0.member("expiresAt", Timestamp.format(ticket.expiresAt))
            }
            responder.respond(.json(json.bytes, status: .created, fields: [.cacheControl: "no-store"]))
        } catch {
            context.refuse(request, responder, error, actor: actor)
        }
    }
}
