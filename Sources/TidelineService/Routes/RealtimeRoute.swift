import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence
import Telemetry

/// `/api/workspaces/:workspace/analytics/realtime` (seed S4): GET streams or answers a snapshot, POST appends an event,
/// DELETE closes the workspace's streams.
struct RealtimeRoute: Sendable {
    static let pattern = "/api/workspaces/:workspace/analytics/realtime"
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.get, Self.pattern, isStream: true) { get($0, $1) },
            Route(.post, Self.pattern, body: .buffered(limit: context.configuration.limits.bodyBytes)) {
                EventRoute(context: context).post($0, $1)
            },
            Route(.delete, Self.pattern) { delete($0, $1) },
        ] + ConnectionsRoute(context: context).routes()
    }

    private func get(_ request: Request, _ responder: Responder) {
        let accepted = AcceptedTypes(request.head)
        switch accepted.preferred(of: [.json, .eventStream]) {
        case .eventStream?:
            context.enter(request, responder) { stream(request, responder, $0) }
        case .json?:
            context.enter(request, responder) { snapshot(request, responder, $0) }
        default:
            responder.respond(
                Problem(
                    .notAcceptable, "Accept text/event-stream for the live stream, application/json for a snapshot."
                )
                .response(to: request.head))
        }
    }

    // MARK: Stream

    private func stream(_ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry) {
        let parameters: StreamParameters
        do throws(Problem) {
            parameters = try StreamParameters(request)
            // The verifier's leeway is for clocks, not for a stream, which would end the moment it begins and come right
            // back. And who was let in through the writer may have lost the right meanwhile.
            try context.authenticator.recheck(entry.credential, at: context.clock())
        } catch {
            return context.refuse(request, responder, error, entry: entry)
        }
        let head = ResponseHead(.ok, Self.streamFields)
        let shard = context.home(of: request.loop).shard
        if request.head.method == .head {
            // A page asks by HEAD why its EventSource ended.
            guard !shard.isEnded(entry.principal.user, in: entry.registry) else {
                return responder.respond(Response(.noContent))
            }
            return responder.respondWithStreamHead(head)
        }
        let wanted = StreamRequest(
            user: entry.principal.user, isCounted: entry.isMember, address: request.peer.host,
            isBrowser: entry.credential.isAmbient,
            expiresAt: entry.credential.expiresAt, credentialTag: entry.credential.streamTag, resume: parameters.resume,
            filter: parameters.filter,
            wantsStats: parameters.wantsStats, wantsEvents: parameters.wantsEvents,
            isChunked: request.streamIsChunked, closeGeneration: entry.closeGeneration)
        switch shard.admit(wanted, to: entry.registry) {
        case .open:
            open(wanted, head, request, responder, entry, shard)
        case .busy(let retry):
            logRefusal("busy", request, entry)
            let problem = Problem(
                .capacity, "The server holds as many streams as it may.", retryAfter: (retry + 999) / 1000)
            context.refuse(request, responder, problem, entry: entry)
        case .turnedAway(let reason, let retry):
            logRefusal(reason.rawValue, request, entry)
            responder.respond(
                Response(.ok, Self.streamFields, body: ControlFrames.closing(reason, retry: retry)))
        case .ended:
            logRefusal("final", request, entry)
            responder.respond(Response(.noContent))
        }
    }

    private func logRefusal(_ reason: String, _ request: Request, _ entry: WorkspaceDoor.Entry) {
        context.diagnostics.debug(
            "stream refused",
            [
                "workspace": .string(entry.workspace.id.text), "user": .string(entry.principal.user.text),
                "reason": .string(reason), "request": .string(request.requestID),
            ])
    }

    private func open(
        _ wanted: StreamRequest, _ head: ResponseHead, _ request: Request, _ responder: Responder,
        _ entry: WorkspaceDoor.Entry, _ shard: Shard
    ) {
        let connection = StreamConnection(shard: shard)
        guard let stream = responder.startStream(head, delegate: connection) else { return shard.abandonAdmission() }
        stream.setOptions(
            sendBuffer: context.configuration.streams.sendBuffer, notSentLowAt: Self.notSentLowAt,
            userTimeout: Self.userTimeout)
        connection.attach(stream)
        guard let token = shard.open(wanted, in: entry.registry, transport: connection) else {
            // A DELETE came between authorisation and now.
            shard.farewell(.admin, on: connection, isChunked: wanted.isChunked)
            return
        }
        connection.opened(as: token)
        context.diagnostics.debug(
            wanted.resume == nil ? "stream opened" : "stream resumed",
            [
                "connection": .string(shard.connectionID(token)), "workspace": .string(entry.workspace.id.text),
                "user": .string(entry.principal.user.text), "after": .string(wanted.resume?.description ?? ""),
                "request": .string(request.requestID),
            ])
    }

    /// The socket says it is writable once less than this is unsent: enough to keep the line busy, little enough to conflate.
    private static let notSentLowAt = 16 << 10
    /// A vanished client leaves the registry within this time of the next write.
    private static let userTimeout = Duration.seconds(10)

    /// `no-transform` and `X-Accel-Buffering` keep proxies from holding frames back (seed row S4-16).
    private static let streamFields: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store, no-transform",
        .accelBuffering: "no", .vary: "Accept, Authorization, Cookie",
    ]

    // MARK: Snapshot

    private func snapshot(_ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry) {
        do throws(Problem) {
            // What a stream would refuse is refused here too: a client that polls learns of its mistake the first time.
            _ = try StreamParameters(request)
        } catch {
            return context.refuse(request, responder, error, entry: entry)
        }
        let now = context.clock()
        guard let snapshot = context.board.snapshot(of: entry.workspace.key, at: now) else {
            let problem = Problem(.rebuilding, "The figures are being rebuilt from the log.", retryAfter: 1)
            return context.refuse(request, responder, problem, entry: entry)
        }
        let fields: HTTPFields = [
            .etag: snapshot.entityTag, .cacheControl: "private, no-cache", .vary: "Accept, Authorization, Cookie",
        ]
        if EntityTag.isNamed(snapshot.entityTag, byNoneMatch: request.head.values(of: .ifNoneMatch)) {
            return responder.respond(Response(.notModified, fields))
        }
        var json = JSONText()
        json.object {
            $0.member("data", raw: snapshot.data)
            $0.object("meta") {
                $0.member("workspaceId", entry.workspace.id.text)
                $0.member("userId", entry.principal.user.text)
                $0.member("mode", "snapshot")
                $0.member("connections", entry.registry.connections)
                $0.member(
                    "lastEventId",
                    StreamPosition(epoch: entry.workspace.epoch, sequence: snapshot.asOf).description)
                $0.member("timestamp", Timestamp.format(now))
            }
        }
        responder.respond(.json(json.bytes, fields: fields))
    }

    // MARK: Closing

    private func delete(_ request: Request, _ responder: Responder) {
        context.enter(request, responder, allowing: [.admin]) { entry in
            do throws(Problem) {
                close(try CloseParameters(request), request, responder, entry)
            } catch {
                context.refuse(request, responder, error, entry: entry)
            }
        }
    }

    private func close(
        _ close: CloseParameters, _ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry
    ) {
        let hold = (close.hold ?? context.configuration.streams.adminCloseHold).milliseconds
        let answer = OnceAnswer(responder)
        let tally = context.hub.closeAll(
            of: entry.registry, users: close.user.map { [$0] },
            hold: WorkspaceRegistry.Hold(until: context.clock() + hold, isFinal: close.isFinal), holdMilliseconds: hold
        ) { count in
            answer.send { closed(count, isComplete: true) }
        }
        _ = request.loop.schedule(after: .seconds(2)) {
            answer.send { closed(tally.count, isComplete: false) }
        }
        let whose = close.user.map { "user=\($0.text) " } ?? ""
        context.audit(request, entry, action: "close streams", detail: "\(whose)final=\(close.isFinal)")
    }

    private func closed(_ count: Int, isComplete: Bool) -> Response {
        var json = JSONText()
        json.object {
            $0.member("success", true)
            $0.member("message", "Connections closed")
            $0.member("closedCount", count)
            $0.member("complete", isComplete)
            $0.member("timestamp", Timestamp.format(context.clock()))
        }
        return .json(json.bytes)
    }
}
