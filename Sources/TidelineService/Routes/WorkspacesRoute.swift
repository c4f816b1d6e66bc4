import Access
import Events
import HTTPProtocol
import HTTPServer
import Persistence
import Projections

/// The workspaces that one may enter; operators make new ones.
struct WorkspacesRoute: Sendable {
    /// Of a name, in Unicode scalars: as the catalogue has it.
    private static let maximumNameScalars = Catalogue.maximumTitleScalars
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.get, "/api/workspaces") { list($0, $1) },
            Route(.post, "/api/workspaces", body: .buffered(limit: 4096)) { post($0, $1) },
        ]
    }

    // MARK: Reading

    private func list(_ request: Request, _ responder: Responder) {
        let credential: Credential
        do throws(Problem) {
            credential = try context.credential(of: request)
        } catch {
            return context.refuse(request, responder, error)
        }
        // An operator's may be tens of thousands: too many for a loop to write.
        let isQueued = context.pool.submit {
            var json = JSONText()
            json.object {
                $0.array("workspaces", workspaces(of: credential)) { item, place in
                    item.object { Self.write(place, &$0) }
                }
            }
            responder.respond(.json(json.bytes, fields: [.cacheControl: "private, no-store"]))
        }
        if !isQueued {
            context.refuse(request, responder, Problem(.storageUnavailable, "Too many reads wait.", retryAfter: 1))
        }
    }

    /// A workspace with the role that somebody has in it.
    struct Place {
        let workspace: WorkspaceLog
        let directory: WorkspaceDirectory
        let role: Role
    }

    /// The workspaces that the credential gets into now; all of them for an operator, up to `limit`.
    func workspaces(of credential: Credential, limit: Int = .max) -> [Place] {
        candidates(of: credential).prefix(limit).compactMap { workspace in
            let directory = workspace.directory()
            let identity = WorkspaceIdentity(key: workspace.key, id: workspace.id, slug: directory.slug)
            let removedAt = directory.members[credential.user]?.removedAt
            return credential.decision(in: identity, removedAt: removedAt).principal.map {
                Place(workspace: workspace, directory: directory, role: $0.role)
            }
        }
    }

    private func candidates(of credential: Credential) -> [WorkspaceLog] {
        if credential.roleEverywhere != nil { return context.log.workspaces }
        switch credential.origin {
        case .token(let claims), .session(let claims):
            var seen: Set<WorkspaceID> = []
            return claims.grants.named.keys.sorted { $0.text < $1.text }
                .compactMap { context.log.workspace(named: $0.text) }.filter { seen.insert($0.id).inserted }
        case .apiKey(let record): return context.log.workspace(record.workspace).map { [$0] } ?? []
        case .localOperator, .ticket: return []
        }
    }

    private static func write(_ place: Place, _ object: inout JSONText) {
        object.member("id", place.workspace.id.text)
        object.member("slug", place.directory.slug.text)
        if let name = place.directory.name { object.member("name", name) }
        object.member("tz", place.directory.timeZone)
        object.member("role", place.role.rawValue)
    }

    // MARK: Creating

    /// For operators alone: whoever may do everything in every workspace.
    private func post(_ request: Request, _ responder: Responder) {
        let credential: Credential
        do throws(Problem) {
            credential = try context.credential(of: request)
        } catch {
            return context.refuse(request, responder, error)
        }
        guard credential.roleEverywhere == .admin else {
            let problem = Problem(.forbidden, "This needs the role admin in every workspace (\"*\").")
            return context.refuse(request, responder, problem, actor: credential.user)
        }
        create(request, responder, by: credential.user) { workspace in
            var json = JSONText()
            let place = Place(workspace: workspace, directory: workspace.directory(), role: .admin)
            json.object { Self.write(place, &$0) }
            return json
        }
    }

    /// Creates the workspace that the body describes and answers 201; the control socket does the same.
    /// - Parameter describe: what the answer says of it.
    func create(
        _ request: Request, _ responder: Responder, by user: UserID,
        _ describe: @escaping @Sendable (WorkspaceLog) -> JSONText
    ) {
        let wanted: (slug: WorkspaceID, timeZone: String, name: String?)
        do throws(Problem) {
            wanted = try Self.read(request)
        } catch {
            return context.refuse(request, responder, error, actor: user)
        }
        let submission = Submission(
            .createWorkspace(wanted.slug, slug: nil, timeZone: wanted.timeZone, name: wanted.name),
            by: Principal(user: user, role: .admin)
        ) { result in
            switch result {
            case .created(let workspace):
                context.audit(
                    request, nil, workspace: workspace.key, actor: user, action: "create workspace",
                    subject: "workspace:\(workspace.id.text)")
                responder.respond(.json(describe(workspace).bytes, status: .created))
            case .failed(let fault): context.refuse(request, responder, Problem(fault), actor: user)
            case .alreadyExists, .nameTaken, .items, .unknownWorkspace:
                let problem = Problem(.workspaceExists, "There is a workspace named \(wanted.slug) already.")
                context.refuse(request, responder, problem, actor: user)
            }
        }
        if !context.log.submit(submission) { context.refuse(request, responder, .queueFull, actor: user) }
    }

    private static func read(
        _ request: Request
    ) throws(Problem) -> (slug: WorkspaceID, timeZone: String, name: String?) {
        let body = try JSONObjectBody(request)
        guard let slug = try body.text("slug").flatMap({ WorkspaceID($0) }), !slug.isDots else {
            let rule = "is 1–64 bytes of [A-Za-z0-9._:-]"
            throw Problem(.invalidID, "slug \(rule).", errors: [("/slug", rule)])
        }
        let timeZone = try body.text("tz") ?? "UTC"
        guard LocalDay.isKnown(timeZone: timeZone) else {
            throw JSONObjectBody.invalid("tz", "must be an IANA time zone such as Europe/Berlin")
        }
        let name = try body.text("name")
        guard name.map({ (1...maximumNameScalars).contains($0.unicodeScalars.count) }) ?? true else {
            throw JSONObjectBody.invalid("name", "must have 1 to \(maximumNameScalars) characters")
        }
        return (slug, timeZone, name)
    }
}
