import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence

/// `/api/workspaces/:workspace/analytics/realtime/connections`: an administrator sees the open streams, and closes one.
///
/// The loops are asked through their mailboxes; a loop that does not answer in time is missing, and the answer says so.
struct ConnectionsRoute: Sendable {
    static let pattern = RealtimeRoute.pattern + "/connections"
    /// How long the loops may take.
    static let patience = Duration.seconds(2)
    private static let maximum = 1000

    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.get, Self.pattern) { list($0, $1) },
            Route(.delete, Self.pattern + "/:connection") { close($0, $1) },
        ]
    }

    // MARK: Listing

    private func list(_ request: Request, _ responder: Responder) {
        context.enter(request, responder, allowing: [.admin]) { entry in
            let (user, limit): (UserID?, Int)
            do throws(Problem) {
                (user, limit) = try parameters(of: request)
            } catch {
                return context.refuse(request, responder, error, entry: entry)
            }
            let answer = OnceAnswer(responder)
            let collector = context.hub.listStreams(of: entry.workspace.key, user: user, limit: limit) { listing in
                // A thousand entries take a while to write: not on the loop that reported last.
                if !context.pool.submit({ answer.send { response(listing) } }) { answer.send { response(listing) } }
            }
            _ = request.loop.schedule(after: Self.patience) { answer.send { response(collector.listing) } }
        }
    }

    private func parameters(of request: Request) throws(Problem) -> (user: UserID?, limit: Int) {
        guard let query = request.query() else { throw Problem(.invalidRequest, "The query is badly encoded.") }
        let limit = query["limit"].map { Int($0) } ?? 100
        guard let limit, (1...Self.maximum).contains(limit) else {
            throw Problem(.outOfRange, "limit is 1 to \(Self.maximum).")
        }
        return (try UserID(in: query), limit)
    }

    private func response(_ listing: StreamListing) -> Response {
        var json = JSONText()
        json.object {
            $0.array("connections", listing.streams) { item, stream in item.object { write(stream, &$0) } }
            $0.member("total", listing.total)
            $0.member("complete", listing.isComplete)
            $0.member("timestamp", Timestamp.format(context.clock()))
        }
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    private func write(_ stream: StreamSummary, _ object: inout JSONText) {
        object.member("connectionId", stream.connectionID)
        object.member("userId", stream.user.text)
        object.member("address", stream.address)
        object.member("openedAt", Timestamp.format(stream.openedAt))
        object.member("ageMs", Int(stream.age))
        if let filter = stream.filter {
            object.array("types", filter.patterns) { $0.element($1) }
        } else {
            object.member("types", raw: "null".utf8)
        }
        object.member("stats", stream.wantsStats)
        object.member("events", stream.wantsEvents)
        object.member("position", stream.position.description)
        object.member("lagEvents", Int(stream.lagEvents))
        object.member("lagBytes", stream.lagBytes)
        object.member("unsentBytes", stream.unsentBytes)
        object.member("state", stream.state.rawValue)
    }

    // MARK: Closing

    private func close(_ request: Request, _ responder: Responder) {
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
        let id = request.parameters["connection"] ?? ""
        // Whoever is to be ended for good has to be kept out for some time.
        let time = close.hold ?? (close.isFinal ? context.configuration.streams.adminCloseHold : .zero)
        let hold =
            time > .zero
            ? WorkspaceRegistry.Hold(until: context.clock() + time.milliseconds, isFinal: close.isFinal) : nil
        let answer = OnceAnswer(responder)
        context.hub.closeStream(id, of: entry.workspace.key, hold: hold, holdMilliseconds: time.milliseconds) { user in
            guard let user else { return answer.send { Problem.notFound.response(to: request.head) } }
            context.audit(
                request, entry, action: "close stream",
                detail: "connection=\(id) user=\(user.text) hold=\(DurationText.format(time)) final=\(close.isFinal)")
            answer.send { closed(1, isComplete: true) }
        }
        _ = request.loop.schedule(after: Self.patience) { answer.send { closed(0, isComplete: false) } }
    }

    private func closed(_ count: Int, isComplete: Bool) -> Response {
        var json = JSONText()
        json.object {
            $0.member("success", true)
            $0.member("message", "Connection closed")
            $0.member("closedCount", count)
            $0.member("complete", isComplete)
            $0.member("timestamp", Timestamp.format(context.clock()))
        }
        return .json(json.bytes)
    }
}
