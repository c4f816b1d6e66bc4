import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Networking
import Persistence
import Projections
import Telemetry

/// What the routes share: the parts of the running service, joined once by ``Gateway``. What can change while it runs is
/// replaced in a copy, which the loops take up together with its routes, see ``Reload``.
struct ServiceContext: Sendable {
    var configuration: ServiceConfiguration
    let log: EventLog
    let hub: Hub
    let board: LiveStatsBoard
    let recovery: FoldRecovery
    let publisher: FramePublisher
    let waiters: HeadWaiters
    let pool: QueryPool
    let authenticator: Authenticator
    let keys: APIKeyBook
    let refusals = RefusalTally()
    let backups = BackupDesk()
    let door: WorkspaceDoor
    /// One for each loop, by its index.
    let homes: [LoopBound<LoopHome>]
    var draftReader: DraftReader
    let statsSettings: LiveStatsSettings
    let metrics: MetricsRegistry
    let diagnostics: Log
    let clock: @Sendable () -> Milliseconds

    func home(of loop: EventLoop) -> LoopHome { homes[loop.index].value }

    /// Who sends `request`; on its loop.
    func credential(of request: Request) throws(Problem) -> Credential {
        let home = home(of: request.loop)
        return try authenticator.credential(of: request, at: clock(), &home.verified)
    }

    /// Lets the request into its workspace and calls `body` on its loop; answers by itself where it may not.
    /// - Parameter minimum: the roles that may do this; nil: all.
    func enter(
        _ request: Request, _ responder: Responder, allowing roles: Set<Role>? = nil,
        _ body: @escaping @Sendable (WorkspaceDoor.Entry) -> Void
    ) {
        let credential: Credential
        let name: String
        do throws(Problem) {
            credential = try self.credential(of: request)
            name = try workspaceName(of: request, credential)
        } catch {
            return refuse(request, responder, error)
        }
        door.enter(name, credential) { result in
            onLoop(of: request) {
                switch result {
                case .success(let entry):
                    guard roles?.contains(entry.principal.role) ?? true else {
                        let wanted = roles.map { $0.map(\.rawValue).sorted().joined(separator: " or ") } ?? ""
                        return refuse(
                            request, responder, Problem(.forbidden, "This needs the role \(wanted)."), entry: entry)
                    }
                    body(entry)
                case .failure(let problem):
                    refuse(request, responder, problem, actor: credential.user)
                }
            }
        }
    }

    /// The workspace in the path, or `X-Workspace-Id`, or the credential's only one.
    private func workspaceName(of request: Request, _ credential: Credential) throws(Problem) -> String {
        if let name = request.parameters["workspace"] { return name }
        if let header = request.head.text(of: .workspaceID) { return header }
        guard let only = door.onlyWorkspace(of: credential) else {
            throw Problem(
                .ambiguousWorkspace, "The credential is good for several workspaces: name one in X-Workspace-Id.")
        }
        return only
    }

    func onLoop(of request: Request, _ body: @escaping @Sendable () -> Void) {
        if request.loop.isCurrent { body() } else { request.loop.execute(body) }
    }

    /// Answers with a problem; denials are audited.
    func refuse(
        _ request: Request, _ responder: Responder, _ problem: Problem, entry: WorkspaceDoor.Entry? = nil,
        actor: UserID? = nil
    ) {
        if problem.isDenial { auditRefusal(request, problem, entry, actor) }
        responder.respond(problem.response(to: request.head))
    }

    /// Writes the first refusal of a kind; those behind it follow as a number, see ``RefusalTally``.
    private func auditRefusal(
        _ request: Request, _ problem: Problem, _ entry: WorkspaceDoor.Entry?, _ actor: UserID?
    ) {
        let kind = RefusalTally.Kind(
            workspace: entry?.workspace.key ?? problem.workspace,
            actor: (entry?.principal.user ?? actor)?.text ?? "-",
            action: Self.action("denied", request), outcome: problem.code.rawValue)
        guard refusals.note(kind, at: clock()) else { return }
        log.audit(
            AuditEntry(
                workspace: kind.workspace, at: clock(), actor: kind.actor, action: kind.action, outcome: kind.outcome,
                request: request.requestID, detail: "address=\(request.peer.host)"))
    }

    /// Writes how many refusals came behind the first of their kind.
    func auditCounted(all: Bool = false) {
        for (kind, count) in refusals.take(at: clock(), all: all) {
            log.audit(
                AuditEntry(
                    workspace: kind.workspace, at: clock(), actor: kind.actor, action: kind.action,
                    outcome: kind.outcome, detail: "repeated=\(count)"))
        }
    }

    /// Notes an admin action or a refusal.
    /// - Parameters:
    ///   - workspace: where it was done, where no entry says it.
    ///   - subject: what it was done to, such as `user:ada`.
    func audit(
        _ request: Request, _ entry: WorkspaceDoor.Entry?, workspace: WorkspaceKey? = nil, actor: UserID? = nil,
        action: String, subject: String = "", outcome: String = "ok", detail: String = ""
    ) {
        log.audit(
            AuditEntry(
                workspace: entry?.workspace.key ?? workspace, at: clock(),
                actor: (entry?.principal.user ?? actor)?.text ?? "-",
                action: Self.action(action, request), subject: subject, outcome: outcome,
                request: request.requestID, detail: detail))
    }

    /// What was done, and by which request.
    private static func action(_ name: String, _ request: Request) -> String {
        "\(name) \(request.head.methodText) \(request.route.pattern)"
    }
}
