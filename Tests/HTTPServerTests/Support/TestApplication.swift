import Dispatch
import HTTPProtocol
import HTTPServer
import Networking
import Synchronization

/// An application made of closures.
final class TestApplication: Application {
    let router: Router

    init(_ routes: [Route], fallback: Route? = nil) {
        var router = Router()
        for route in routes { router.add(route) }
        if let fallback { router.setFallback(fallback) }
        self.router = router
    }

    func decorate(_ answer: inout ResponseHead, to head: RequestHead) {
        if let origin = head.text(of: .origin) { answer.fields.append("access-control-allow-origin", origin) }
    }

    /// `/echo` answers with the body, `/hello/:name` with the name, `/id` with the request's id.
    static func echo(limit: Int = 16) -> TestApplication {
        TestApplication([
            Route(.post, "/echo", body: .buffered(limit: limit)) { request, responder in
                responder.respond(Response(body: request.body))
            },
            Route(.get, "/hello/:name") { request, responder in
                responder.respond(Response(text: request.parameters["name"] ?? "?"))
            },
            Route(.get, "/id") { request, responder in responder.respond(Response(text: request.requestID)) },
            Route(.delete, "/hello/:name") { _, responder in responder.respond(Response(.noContent)) },
        ])
    }
}

/// Values that arrive on a loop and are awaited by a test.
///
/// The wait blocks the test's thread: the clients of these tests block too, and an `await` between two of their calls could
/// wait for a thread of the pool that other blocked tests hold.
final class Mailbox<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let arrival = DispatchSemaphore(value: 0)

    func post(_ value: Value) {
        values.withLock { $0.append(value) }
        arrival.signal()
    }

    /// The next value, posted before or after; nil when none comes within a minute.
    func next() -> Value? {
        guard arrival.wait(timeout: .now() + .seconds(60)) == .success else { return nil }
        return values.withLock { $0.removeFirst() }
    }
}
