import Access
import Broadcast
import Events
import Persistence
import Projections

/// Lets a credential into a workspace: finds it, judges the role, and on a member's first use makes them a member.
struct WorkspaceDoor: Sendable {
    /// What a handler knows once it is in.
    struct Entry: Sendable {
        let workspace: WorkspaceLog
        let registry: WorkspaceRegistry
        let credential: Credential
        let principal: Principal
        /// False for an operator: no member, in no figure.
        let isMember: Bool
        /// The close generation as it was before authorisation.
        let closeGeneration: UInt64
    }

    private let log: EventLog
    private let hub: Hub
    /// `auth.jwt.provision`.
    private let provisions: Bool

    init(log: EventLog, hub: Hub, provisions: Bool) {
        self.log = log
        self.hub = hub
        self.provisions = provisions
    }

    /// Calls `body` with the entry or with why not: at once where nothing has to be appended first, else on the writer's thread.
    func enter(
        _ name: String, _ credential: Credential,
        _ body: @escaping @Sendable (Result<Entry, Problem>) -> Void
    ) {
        guard let id = WorkspaceID(name) else { return body(.failure(.notFound)) }
        guard let workspace = log.workspace(named: name) else { return create(id, credential, body) }
        enter(workspace, credential, body)
    }

    /// The workspace that a path without one means: the credential's only one.
    func onlyWorkspace(of credential: Credential) -> String? {
        switch credential.onlyWorkspace {
        case .named(let id): id.text
        case .key(let key): log.workspace(key)?.id.text
        case nil: nil
        }
    }

    private func enter(
        _ workspace: WorkspaceLog, _ credential: Credential,
        _ body: @escaping @Sendable (Result<Entry, Problem>) -> Void
    ) {
        guard let registry = hub.registry(of: workspace.key) else { return awaitIntake(workspace, credential, body) }
        let generation = registry.closeGeneration
        let directory = workspace.directory()
        let identity = WorkspaceIdentity(key: workspace.key, id: workspace.id, slug: directory.slug)
        let member = directory.members[credential.user]
        switch credential.decision(in: identity, removedAt: member?.removedAt) {
        case .denied(.noGrant):
            body(.failure(.hidden(in: workspace.key)))
        case .denied(.removed):
            let problem = Problem(.forbidden, "You were removed from this workspace; a newer token is needed.")
            body(.failure(problem.denied(in: workspace.key)))
        case .visitor(let principal):
            body(
                .success(
                    Entry(
                        workspace: workspace, registry: registry, credential: credential, principal: principal,
                        isMember: false,
                        closeGeneration: generation)))
        case .member(let principal):
            let entry = Entry(
                workspace: workspace, registry: registry, credential: credential, principal: principal, isMember: true,
                closeGeneration: generation)
            guard provisions, needsMembership(principal, credential), member == nil || member?.removedAt != nil else {
                return body(.success(entry))
            }
            join(entry, since: member?.since ?? 0, body)
        }
    }

    /// Services are no members: ingest keys and tokens are never counted.
    private func needsMembership(_ principal: Principal, _ credential: Credential) -> Bool {
        if case .apiKey = credential.origin { return false }
        return principal.role != .ingest
    }

    /// - Parameter since: the seq of the last membership; 0 without one. Requests that come together append one event.
    private func join(
        _ entry: Entry, since: SequenceNumber, _ body: @escaping @Sendable (Result<Entry, Problem>) -> Void
    ) {
        let draft = SystemEvents.memberAdded(entry.principal, since: since)
        let submission = Submission(
            .append(entry.workspace.key, [draft], isBatch: false),
            by: Principal(user: entry.principal.user, role: .admin)
        ) { result in
            switch result {
            case .items: body(.success(entry))
            case .failed(let fault): body(.failure(Problem(fault)))
            case .created, .alreadyExists, .nameTaken, .unknownWorkspace: body(.failure(.notFound))
            }
        }
        if !log.submit(submission) { body(.failure(.queueFull)) }
    }

    /// A workspace that was committed this moment is found by its name before its streams are set up. Asking the writer to
    /// create it again answers, without effect, once that is done.
    private func awaitIntake(
        _ workspace: WorkspaceLog, _ credential: Credential,
        _ body: @escaping @Sendable (Result<Entry, Problem>) -> Void
    ) {
        let directory = workspace.directory()
        let submission = Submission(
            .createWorkspace(workspace.id, slug: directory.slug, timeZone: directory.timeZone, name: nil),
            by: SystemEvents.principal
        ) { _ in
            guard hub.registry(of: workspace.key) != nil else { return body(.failure(.notFound)) }
            enter(workspace, credential, body)
        }
        if !log.submit(submission) { body(.failure(.queueFull)) }
    }

    private func create(
        _ id: WorkspaceID, _ credential: Credential, _ body: @escaping @Sendable (Result<Entry, Problem>) -> Void
    ) {
        guard provisions, !id.isDots, credential.roleInNewWorkspace(named: id) != nil else {
            return body(.failure(.notFound))
        }
        let submission = Submission(
            .createWorkspace(id, slug: nil, timeZone: "UTC", name: nil),
            by: Principal(user: credential.user, role: .admin)
        ) { result in
            switch result {
            case .created(let workspace), .alreadyExists(let workspace): enter(workspace, credential, body)
            case .failed(let fault): body(.failure(Problem(fault)))
            case .items, .nameTaken, .unknownWorkspace: body(.failure(.notFound))
            }
        }
        if !log.submit(submission) { body(.failure(.queueFull)) }
    }
}

extension WorkspaceID {
    /// `.` and `..`, which browsers and proxies take out of a path: no workspace is created under such a name.
    var isDots: Bool { text == "." || text == ".." }
}

/// What the server itself appends.
enum SystemEvents {
    static let principal = Principal(user: Credential.localOperatorID, role: .admin)

    static func memberAdded(_ member: Principal, since: SequenceNumber) -> EventDraft {
        let data = #"{"userId":"\#(member.user.text)","role":"\#(member.role.rawValue)"}"#
        let digest = OpenSSLDigest.sha256(Array(member.user.text.utf8)).prefix(16)
        let name = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return EventDraft(
            eventID: EventID(validated: "join:\(since):\(name)"), type: EventType(validated: "member.added"),
            user: member.user,
            entity: Entity(type: "user", id: EntityID(validated: member.user.text)), data: Array(data.utf8),
            facts: .memberAdded(user: member.user, role: member.role))
    }
}
