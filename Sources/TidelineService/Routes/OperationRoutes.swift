import Events
import HTTPProtocol
import HTTPServer
import Networking
import Projections
import Telemetry

/// What operators and their tools ask: is it alive, is it ready, what does it count, what do the figures mean.
struct OperationRoutes: Sendable {
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.get, "/healthz") { _, responder in
                responder.respond(.json(Array(#"{"status":"ok"}"#.utf8), fields: [.cacheControl: "no-store"]))
            },
            Route(.get, "/readyz") { ready($0, $1) },
            Route(.get, "/metrics") { metrics($0, $1) },
            Route(.get, "/api/definitions") { definitions($0, $1) },
        ]
    }

    /// 200 when every part works, else 503; both with the state of each part.
    private func ready(_ request: Request, _ responder: Responder) {
        let isQueued = context.pool.submit {
            let (done, total) = context.recovery.state
            let store = Readiness(context.log)
            let isReady = store.isReady && done == total
            var json = JSONText()
            json.object {
                $0.member("status", isReady ? "ready" : "unready")
                $0.object("parts") {
                    $0.member("store", store.canRead ? "ok" : "cannot be read")
                    $0.member("writer", store.canWrite ? "ok" : "the log cannot be opened for writing")
                    $0.member("figures", done == total ? "ok" : "rebuilding \(done)/\(total)")
                }
            }
            responder.respond(
                .json(json.bytes, status: isReady ? .ok : .serviceUnavailable, fields: [.cacheControl: "no-store"]))
        }
        if !isQueued { responder.respond(Response(.serviceUnavailable)) }
    }

    /// With `metrics.token` set, only for its bearer; without, only for this machine and not through a proxy.
    private func metrics(_ request: Request, _ responder: Responder) {
        let token = context.configuration.metrics.token
        let isAllowed: Bool
        if request.isLocalControl {
            isAllowed = true
        } else if token.isEmpty {
            isAllowed =
                request.peer.isLoopback && !request.head.contains("forwarded")
                && !request.head.contains("x-forwarded-for")
        } else {
            let given = request.head.text(of: .authorization) ?? ""
            isAllowed = Self.isEqual(Array(given.utf8), Array("Bearer \(token)".utf8))
        }
        guard isAllowed else { return context.refuse(request, responder, Problem.notFound.denied(in: nil)) }
        responder.respond(
            Response(
                .ok, [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: context.metrics.prometheusText()))
    }

    private func definitions(_ request: Request, _ responder: Responder) {
        var body: [UInt8] = []
        FigureDefinitions.appendJSON(settings: context.statsSettings, to: &body)
        responder.respond(.json(body, fields: [.cacheControl: "public, max-age=300"]))
    }

    /// Takes the same time wherever two equally long texts differ.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
