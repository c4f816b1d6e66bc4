package import HTTPProtocol

/// What answers requests; every call comes on the loop of the connection and must not block.
package protocol Application: AnyObject, Sendable {
    /// The routes. Read once, when a service takes the application up.
    var router: Router { get }

    /// Answers a request whose route is `request.route`. The default calls the route's handler; an application that checks
    /// something for all routes does so here.
    func respond(to request: Request, with responder: Responder)

    /// The one place where a fault gets its form. The server adds Allow, and closes the connection where it must.
    /// - Parameter head: nil when the head itself was refused.
    func response(to fault: HTTPFault, head: RequestHead?) -> Response

    /// The answer to OPTIONS on a path with routes but none for OPTIONS. The default is an empty 204 with Allow.
    /// - Parameter head: the place where a preflight is recognised.
    func response(toOptions allow: [Method], head: RequestHead) -> Response

    /// A last look at every answer to a readable request, also those made by the server; CORS fields are added here.
    func decorate(_ answer: inout ResponseHead, to head: RequestHead)
}

extension Application {
    package func respond(to request: Request, with responder: Responder) {
        request.route.handler(request, responder)
    }

    package func response(to fault: HTTPFault, head: RequestHead?) -> Response {
        Response(fault.status, [.contentType: "text/plain; charset=utf-8"], text: fault.explanation + "\n")
    }

    package func response(toOptions allow: [Method], head: RequestHead) -> Response {
        Response(.noContent, [.allow: Method.list(allow)])
    }

    package func decorate(_ answer: inout ResponseHead, to head: RequestHead) {}
}
