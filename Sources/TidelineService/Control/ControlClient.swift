import Events
import HTTPProtocol

/// What commands ask of a server over its control socket, typed; blocking, one thread.
struct ControlClient {
    let http: BlockingHTTPClient

    // MARK: Workspaces

    func workspaces() throws(CommandFailure) -> [WorkspaceSummary] {
        try list("workspaces", at: "/control/workspaces", WorkspaceSummary.init)
    }

    /// The workspace that `name` addresses, by id or slug.
    func workspace(named name: String) throws(CommandFailure) -> WorkspaceSummary {
        guard let workspace = try workspaces().first(where: { $0.isNamed(name) }) else {
            throw .noWorkspace(name)
        }
        return workspace
    }

    /// - Returns: nil when there is one of that slug already.
    func createWorkspace(
        slug: WorkspaceID, timeZone: String, name: String?
    ) throws(CommandFailure) -> WorkspaceSummary? {
        var body = JSONLine()
        body.add("slug", slug.text)
        body.add("tz", timeZone)
        if let name { body.add("name", name) }
        let reply = try exchange(.post("/control/workspaces", body))
        if reply.status == 409 { return nil }
        return try object(of: reply, WorkspaceSummary.init)
    }

    // MARK: Keys

    /// - Parameter workspace: nil: of all.
    func keys(of workspace: WorkspaceID?) throws(CommandFailure) -> [KeySummary] {
        let query = workspace.map { "?workspace=" + PercentCoding.encode($0.text) } ?? ""
        return try list("keys", at: "/control/keys" + query, KeySummary.init)
    }

    func createKey(
        workspace: WorkspaceID, user: UserID, role: Role, lifetime: Duration?
    ) throws(CommandFailure) -> KeySummary {
        var body = JSONLine()
        body.add("workspace", workspace.text)
        body.add("user", user.text)
        body.add("role", role.rawValue)
        if let lifetime { body.add("ttlMs", lifetime.milliseconds) }
        let reply = try exchange(.post("/control/keys", body))
        if reply.status == 404 { throw .noWorkspace(workspace.text) }
        return try object(of: reply, KeySummary.init)
    }

    /// - Returns: false when there is no such key, or it is revoked already.
    func revokeKey(_ prefix: String) throws(CommandFailure) -> Bool {
        let reply = try exchange(ClientRequest("DELETE", "/control/keys/" + PercentCoding.encode(prefix)))
        if reply.status == 404 { return false }
        guard reply.isSuccess else { throw CommandFailure(reply) }
        return true
    }

    // MARK: Events

    static func eventsPath(_ workspace: String) -> String {
        "/api/workspaces/\(PercentCoding.encode(workspace))/events"
    }

    /// A page of the log behind `position`.
    func events(
        of workspace: WorkspaceSummary, after position: SequenceNumber, limit: Int
    ) throws(CommandFailure) -> HTTPReply {
        let after = StreamPosition(epoch: workspace.epoch, sequence: position)
        return try exchange(.get("\(Self.eventsPath(workspace.id))?after=\(after)&limit=\(limit)"))
    }

    // MARK: Exchanges

    func exchange(_ request: ClientRequest) throws(CommandFailure) -> HTTPReply {
        do throws(ClientFailure) {
            return try http.exchange(request)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    private func list<Item>(
        _ name: String, at target: String, _ make: (JSONValue) -> Item?
    ) throws(CommandFailure) -> [Item] {
        let document = try document(of: try exchange(.get(target)))
        return document.root[name]?.elements.compactMap(make) ?? []
    }

    private func object<Item>(of reply: HTTPReply, _ make: (JSONValue) -> Item?) throws(CommandFailure) -> Item {
        guard let item = make(try document(of: reply).root) else {
            throw CommandFailure("the server's answer is not understood; is it of another version?")
        }
        return item
    }

    private func document(of reply: HTTPReply) throws(CommandFailure) -> JSONDocument {
        guard reply.isSuccess else { throw CommandFailure(reply) }
        do throws(JSONError) {
            return try JSONDocument(scanning: reply.body, limits: .stored)
        } catch {
            throw CommandFailure("the server's answer is not JSON; is it of another version?")
        }
    }
}

extension ClientRequest {
    fileprivate static func post(_ target: String, _ body: JSONLine) -> ClientRequest {
        ClientRequest("POST", target, mediaType: "application/json", body: body.bytes)
    }
}
