import HTTPProtocol
import HTTPServer
import Networking

/// The routes of the server, and what holds for all of them.
final class ServiceApplication: Application {
    let router: Router
    private let allowedHosts: Set<String>

    init(context: ServiceContext, staticFiles: StaticFiles?) {
        var router = Router()
        for route in RealtimeRoute(context: context).routes() { router.add(route) }
        router.add(LogRoute(context: context).route())
        router.add(BatchRoute(context: context).route())
        for route in SessionRoute(context: context).routes() { router.add(route) }
        for route in OperationRoutes(context: context).routes() { router.add(route) }
        for route in ControlRoutes(context: context).routes() { router.add(route) }
        router.add(OpenAPIRoute.route(describing: router.routes))
        if let staticFiles { router.setFallback(staticFiles.route) }
        self.router = router
        allowedHosts = Set(context.configuration.server.allowedHosts.map { $0.lowercased() })
    }

    /// `Host` must be on the allow-list once one is configured: a page of another name that resolves to us (DNS rebinding)
    /// gets nothing.
    func respond(to request: Request, with responder: Responder) {
        if !allowedHosts.isEmpty, !request.isLocalControl {
            let host = (request.head.authority ?? "").lowercased()
            guard allowedHosts.contains(host) || allowedHosts.contains(Self.withoutPort(host)) else {
                return responder.respond(
                    Problem(.misdirected, "This server does not serve that host.").response(to: request.head))
            }
        }
        request.route.handler(request, responder)
    }

    func response(to fault: HTTPFault, head: RequestHead?) -> Response {
        Problem(fault).response(to: head, status: fault.status)
    }

    func decorate(_ answer: inout ResponseHead, to head: RequestHead) {
        answer.fields.appendIfAbsent("x-content-type-options", "nosniff")
    }

    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return host }
        return String(host[..<colon])
    }
}
