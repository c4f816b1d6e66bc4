import Access
import Broadcast
import Events
import HTTPProtocol
import HTTPServer
import Persistence
import Projections

/// What the commands ask of a running server, over `DATA/control.sock` only; everywhere else these paths do not exist.
struct ControlRoutes: Sendable {
    let context: ServiceContext

    func routes() -> [Route] {
        [
            local(.get, "/control/workspaces") { listWorkspaces($0, $1) },
            local(.post, "/control/workspaces") { createWorkspace($0, $1) },
            local(.get, "/control/keys") { listKeys($0, $1) },
            local(.post, "/control/keys") { createKey($0, $1) },
            local(.delete, "/control/keys/:prefix") { revokeKey($0, $1) },
        ]
    }

    private func local(_ method: Method, _ pattern: String, _ handler: @escaping Route.Handler) -> Route {
        Route(
            method, pattern, body: method == .post ? .buffered(limit: 4096) : .none, isLocalOnly: true, handler: handler
        )
    }

    // MARK: Workspaces

    private func listWorkspaces(_ request: Request, _ responder: Responder) {
        var json = JSONText()
        json.object {
            $0.array("workspaces", context.log.workspaces) { item, workspace in
                item.object { write(workspace, &$0) }
            }
        }
        responder.respond(.json(json.bytes))
    }

    private func write(_ workspace: WorkspaceLog, _ object: inout JSONText) {
        let directory = workspace.directory()
        object.member("id", workspace.id.text)
        object.member("slug", directory.slug.text)
        object.member("tz", directory.timeZone)
        object.member("epoch", workspace.epoch.text)
        object.member("head", Int(workspace.head))
        object.member("floor", Int(workspace.floor))
        object.member("connections", context.hub.registry(of: workspace.key)?.connections ?? 0)
    }

    private func createWorkspace(_ request: Request, _ responder: Responder) {
        WorkspacesRoute(context: context).create(request, responder, by: Credential.localOperatorID) { workspace in
            var json = JSONText()
            json.object { write(workspace, &$0) }
            return json
        }
    }

    // MARK: Keys

    private func listKeys(_ request: Request, _ responder: Responder) {
        let only = request.query()?["workspace"].flatMap { context.log.workspace(named: $0)?.key }
        if request.query()?["workspace"] != nil, only == nil {
            return refuse(.notFound, "There is no such workspace.", request, responder)
        }
        var json = JSONText()
        json.object {
            $0.array("keys", context.keys.all.filter { only == nil || $0.workspace == only }) { item, key in
                item.object { write(key, &$0) }
            }
        }
        responder.respond(.json(json.bytes))
    }

    private func write(_ key: KeyEntry, _ object: inout JSONText) {
        object.member("prefix", key.record.prefix)
        object.member("workspace", context.log.workspace(key.workspace)?.id.text ?? "")
        object.member("user", key.record.user.text)
        object.member("role", key.record.role.rawValue)
        object.member("createdAt", Timestamp.format(key.createdAt))
        if let expiry = key.record.expiresAt { object.member("expiresAt", Timestamp.format(expiry)) }
        if let revoked = key.record.revokedAt { object.member("revokedAt", Timestamp.format(revoked)) }
    }

    private func createKey(_ request: Request, _ responder: Responder) {
        guard let body = body(of: request, responder) else { return }
        guard let workspace = body.root["workspace"]?.string.flatMap({ context.log.workspace(named: $0) }) else {
            return refuse(.notFound, "There is no such workspace.", request, responder)
        }
        guard let user = body.root["user"]?.string.flatMap({ UserID($0) }) else {
            return refuse(.invalidID, "user is 1–64 bytes of [A-Za-z0-9._:-].", request, responder)
        }
        guard let role = body.root["role"]?.string.flatMap({ Role(rawValue: $0) }) else {
            return refuse(.invalidPayload, "role is member, ingest or admin.", request, responder)
        }
        let now = context.clock()
        let lifetime = body.root["ttlMs"]?.integer
        guard lifetime.map({ $0 > 0 && $0 <= 3_155_760_000_000 }) ?? true else {
            return refuse(.outOfRange, "ttlMs is positive and at most a century.", request, responder)
        }
        var random = SystemRandomNumberGenerator()
        let key = APIKey(using: &random)
        let entry = KeyEntry(
            record: Access.APIKeyRecord(
                prefix: key.prefix, hash: key.hash, workspace: workspace.key, user: user, role: role,
                expiresAt: lifetime.map { now + $0 }, revokedAt: nil),
            createdAt: now)
        let isQueued = context.log.createKey(entry.stored) { result in
            switch result {
            case .success(true):
                context.keys.put(entry)
                audit(
                    request, workspace.key, "create key", "key:\(key.prefix)", "user=\(user.text) role=\(role.rawValue)"
                )
                var json = JSONText()
                json.object {
                    write(entry, &$0)
                    $0.member("key", key.text)
                }
                responder.respond(.json(json.bytes, status: .created, fields: [.cacheControl: "no-store"]))
            case .success(false):
                refuse(.storageUnavailable, "The key's prefix is taken; try again.", request, responder)
            case .failure(let fault): context.refuse(request, responder, Problem(fault))
            }
        }
        if !isQueued { context.refuse(request, responder, .queueFull) }
    }

    private func revokeKey(_ request: Request, _ responder: Responder) {
        guard let prefix = request.parameters["prefix"], let entry = context.keys[prefix], entry.record.revokedAt == nil
        else { return refuse(.notFound, "There is no such key, or it is revoked.", request, responder) }
        let now = context.clock()
        let isQueued = context.log.revokeKey(entry.workspace, prefix: prefix) { result in
            switch result {
            case .success:
                context.keys.put(entry.revoked(at: now))
                context.hub.closeStreams(ofCredential: Credential.apiKey(entry.record).streamTag)
                audit(request, entry.workspace, "revoke key", "key:\(prefix)", "user=\(entry.record.user.text)")
                responder.respond(.json(Array(#"{"revoked":true}"#.utf8)))
            case .failure(let fault): context.refuse(request, responder, Problem(fault))
            }
        }
        if !isQueued { context.refuse(request, responder, .queueFull) }
    }

    private func audit(
        _ request: Request, _ workspace: WorkspaceKey, _ action: String, _ subject: String, _ detail: String
    ) {
        context.audit(
            request, nil, workspace: workspace, actor: Credential.localOperatorID, action: action, subject: subject,
            detail: detail)
    }

    // MARK: Bodies

    private func body(of request: Request, _ responder: Responder) -> JSONDocument? {
        do throws(JSONError) {
            return try JSONDocument(scanning: request.body, limits: JSONLimits())
        } catch {
            refuse(.invalidJSON, "The body is not a JSON object.", request, responder)
            return nil
        }
    }

    private func refuse(_ code: ProblemCode, _ detail: String, _ request: Request, _ responder: Responder) {
        responder.respond(Problem(code, detail).response(to: request.head))
    }
}
