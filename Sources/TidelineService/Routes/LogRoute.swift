import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence
import Projections
import Synchronization

/// GET of the log itself: pages of events after a position, with the same visibility and ids as the stream; long-polls.
struct LogRoute: Sendable {
    private static let pattern = "/api/workspaces/:workspace/events"
    /// Bytes of payload that one answer holds at most.
    private static let pageBytes = 4 << 20
    let context: ServiceContext

    func route() -> Route { Route(.get, Self.pattern) { get($0, $1) } }

    /// What the query asks for.
    private struct Query: Sendable {
        var after: SequenceNumber
        var limit: Int
        var wait: Duration
        var filter: TypeFilter?
    }

    private func get(_ request: Request, _ responder: Responder) {
        context.enter(request, responder) { entry in
            do throws(Problem) {
                let query = try read(request, entry.workspace)
                answer(query, request, responder, entry)
            } catch {
                context.refuse(request, responder, error, entry: entry)
            }
        }
    }

    private func read(_ request: Request, _ workspace: WorkspaceLog) throws(Problem) -> Query {
        guard let parameters = request.query() else { throw Problem(.invalidRequest, "The query is badly encoded.") }
        var query = Query(after: workspace.floor, limit: 100, wait: .zero, filter: nil)
        if let text = parameters["limit"] {
            guard let limit = Int(text), (1...1000).contains(limit) else {
                throw Problem(.outOfRange, "limit is 1 to 1000.")
            }
            query.limit = limit
        }
        if let text = parameters["wait"] {
            guard let wait = DurationText.parse(text), wait >= .zero, wait <= .seconds(25) else {
                throw Problem(.outOfRange, "wait is a duration of up to 25s.")
            }
            query.wait = wait
        }
        if let text = parameters["types"] {
            guard let filter = TypeFilter(text) else {
                throw Problem(.invalidParameter, "types is a list of event types or prefixes such as message.*.")
            }
            query.filter = filter
        }
        if let text = parameters["after"] { query.after = try start(behind: text, in: workspace) }
        return query
    }

    /// Judged last: what is malformed is told before what the log no longer holds.
    private func start(behind text: String, in workspace: WorkspaceLog) throws(Problem) -> SequenceNumber {
        guard let position = StreamPosition(text) else {
            throw Problem(.invalidParameter, "after is the id of an event, such as abcdefghij-42.")
        }
        // Position 0 is before every event, in whatever epoch: the whole retained log is asked for.
        guard position.epoch == workspace.epoch || position.sequence == 0 else {
            throw pruned(workspace, "after is of another epoch of this log.")
        }
        guard position.sequence >= workspace.floor || position.sequence == 0 else {
            throw pruned(workspace, "after lies behind what the log still holds.")
        }
        guard position.sequence <= workspace.head else {
            throw Problem(.outOfRange, "after lies ahead of the log, whose head is \(workspace.position).")
        }
        return max(position.sequence, workspace.floor)
    }

    private func pruned(_ workspace: WorkspaceLog, _ detail: String) -> Problem {
        let floor = StreamPosition(epoch: workspace.epoch, sequence: workspace.floor)
        return Problem(.logPruned, "\(detail) It can be read from \(floor) on.")
    }

    private func answer(_ query: Query, _ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry) {
        guard query.wait > .zero else { return read(query, request, responder, entry) }
        // The waiter is there before the head is looked at, so that no event falls between.
        // Whoever waited is let in again: the credential may have ended, been revoked, or lost the workspace meanwhile.
        let once = OnceAction {
            context.onLoop(of: request) {
                context.enter(request, responder) { read(query, request, responder, $0) }
            }
        }
        guard let waiter = context.waiters.wait(for: entry.workspace.key, { once.run() }) else {
            let problem = Problem(.capacity, "Too many requests wait for this workspace.", retryAfter: 5)
            return context.refuse(request, responder, problem, entry: entry)
        }
        if entry.workspace.head > query.after, context.waiters.cancel(waiter, of: entry.workspace.key) {
            return once.run()
        }
        _ = request.loop.schedule(after: query.wait) {
            if context.waiters.cancel(waiter, of: entry.workspace.key) { once.run() }
        }
    }

    /// Reads the page on the query pool and answers.
    private func read(_ query: Query, _ request: Request, _ responder: Responder, _ entry: WorkspaceDoor.Entry) {
        let isQueued = context.pool.submit {
            do throws(StoreError) {
                let workspace = entry.workspace
                let page = try context.log.readers().page(
                    workspace.key, after: query.after, through: workspace.head, limit: query.limit,
                    maximumBytes: Self.pageBytes, matching: { query.filter?.matches($0) ?? true })
                let answer = Response.json(encode(page, entry), fields: [.cacheControl: "private, no-store"])
                responder.respond(answer.compressed(for: request.head))
            } catch {
                let problem = Problem(.storageUnavailable, "The log could not be read.", retryAfter: 2)
                context.refuse(request, responder, problem, entry: entry)
            }
        }
        if !isQueued {
            context.refuse(
                request, responder, Problem(.storageUnavailable, "Too many reads wait.", retryAfter: 1), entry: entry)
        }
    }

    private func encode(_ page: EventPage, _ entry: WorkspaceDoor.Entry) -> [UInt8] {
        let workspace = entry.workspace
        let directory = workspace.directory()
        var json = JSONText()
        json.object {
            $0.array("events", page.events.filter { isVisible($0, to: entry, directory) }) { item, event in
                var envelope: [UInt8] = []
                EnvelopeEncoder.append(event, workspaceID: workspace.id, epoch: workspace.epoch, to: &envelope)
                item.element(raw: envelope)
            }
            $0.member("next", StreamPosition(epoch: workspace.epoch, sequence: page.next).description)
            $0.member("head", workspace.position.description)
            $0.member("floor", StreamPosition(epoch: workspace.epoch, sequence: workspace.floor).description)
        }
        return json.bytes
    }

    /// A private channel's event is for those who are members now and were at its seq; the operator on the control socket
    /// exports everything.
    private func isVisible(_ event: Event, to entry: WorkspaceDoor.Entry, _ directory: WorkspaceDirectory) -> Bool {
        if case .localOperator = entry.credential { return true }
        guard let channel = event.channel, directory.isPrivate(channel) else { return true }
        guard let joined = directory.channels[channel]?.members[entry.principal.user] else { return false }
        return joined <= event.sequence
    }
}

/// Runs once, whoever calls first, on any thread.
private final class OnceAction: Sendable {
    private let isDone = Atomic(false)
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    func run() {
        if isDone.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged { action() }
    }
}
