import Access
import HTTPProtocol
import HTTPServer
import Networking

/// The routes of the server, and what holds for all of them.
final class ServiceApplication: Application {
    let router: Router
    private let context: ServiceContext
    private let allowedHosts: AllowedHosts
    private let crossOrigin: CrossOrigin

    init(context: ServiceContext, staticFiles: StaticFiles?) {
        var router = Router()
        for route in RealtimeRoute(context: context).routes() { router.add(route) }
        router.add(LogRoute(context: context).route())
        router.add(BatchRoute(context: context).route())
        for route in SessionRoute(context: context).routes() { router.add(route) }
        router.add(TicketRoute(context: context).route())
        for route in WorkspacesRoute(context: context).routes() { router.add(route) }
        for route in AuditRoute(context: context).routes() { router.add(route) }
        for route in OperationRoutes(context: context).routes() { router.add(route) }
        for route in ControlRoutes(context: context).routes() { router.add(route) }
        for route in BackupRoutes(context: context).routes() { router.add(route) }
        router.add(OpenAPIRoute.route(describing: router.routes))
        if let staticFiles { router.setFallback(staticFiles.route) }
        self.router = router
        self.context = context
        allowedHosts = AllowedHosts(context.configuration.server.allowedHosts)
        crossOrigin = CrossOrigin(origins: AllowedOrigins(context.configuration.server.allowedOrigins))
    }

    /// `Host` must be on the allow-list once one is configured: a page of another name that resolves to us (DNS rebinding)
    /// gets nothing.
    func respond(to request: Request, with responder: Responder) {
        guard request.isLocalControl || isAllowed(request.head) else {
            return context.refuse(request, responder, Self.foreignHost)
        }
        request.route.handler(request, responder)
    }

    private func isAllowed(_ head: RequestHead) -> Bool {
        allowedHosts.isEmpty || allowedHosts.contains(head.authority)
    }

    private static let foreignHost = Problem(.misdirected, "This server does not serve that host.")

    func response(to fault: HTTPFault, head: RequestHead?) -> Response {
        if let head, !isAllowed(head) { return Self.foreignHost.response(to: head) }
        return Problem(fault).response(to: head, status: fault.status)
    }

    func response(toOptions allow: [Method], head: RequestHead) -> Response {
        guard isAllowed(head) else { return Self.foreignHost.response(to: head) }
        return crossOrigin.preflight(head, allow: allow) ?? Response(.noContent, [.allow: Method.list(allow)])
    }

    func decorate(_ answer: inout ResponseHead, to head: RequestHead) {
        answer.fields.appendIfAbsent("x-content-type-options", "nosniff")
        crossOrigin.decorate(&answer, to: head)
    }
}
