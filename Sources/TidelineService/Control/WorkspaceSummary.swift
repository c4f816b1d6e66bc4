import Events

/// A workspace as the control socket lists it.
struct WorkspaceSummary: Sendable, Equatable {
    let id: String
    let slug: String
    let timeZone: String
    let epoch: Epoch
    let head: SequenceNumber
    let floor: SequenceNumber
    let connections: Int64
    /// The object as the server wrote it, for `--json`.
    let json: [UInt8]

    /// - Returns: nil when a member is missing or of another kind.
    init?(_ object: JSONValue) {
        guard let id = object["id"]?.string, let slug = object["slug"]?.string, let zone = object["tz"]?.string,
            let epoch = object["epoch"]?.string.flatMap({ Epoch($0) }), let head = object["head"]?.integer,
            let floor = object["floor"]?.integer
        else { return nil }
        self.id = id
        self.slug = slug
        timeZone = zone
        self.epoch = epoch
        self.head = head
        self.floor = floor
        connections = object["connections"]?.integer ?? 0
        json = Array(object.rawBytes)
    }

    func isNamed(_ name: String) -> Bool { id == name || slug == name }
}

/// An API key as the control socket lists it; the key itself only in the answer to its creation.
struct KeySummary: Sendable, Equatable {
    let prefix: String
    let workspace: String
    let user: String
    let role: String
    let createdAt: String
    let expiresAt: String?
    let revokedAt: String?
    let key: String?
    /// The object as the server wrote it, for `--json`.
    let json: [UInt8]

    /// - Returns: nil when a member is missing or of another kind.
    init?(_ object: JSONValue) {
        guard let prefix = object["prefix"]?.string, let workspace = object["workspace"]?.string,
            let user = object["user"]?.string, let role = object["role"]?.string
        else { return nil }
        self.prefix = prefix
        self.workspace = workspace
        self.user = user
        self.role = role
        createdAt = object["createdAt"]?.string ?? ""
        expiresAt = object["expiresAt"]?.string
        revokedAt = object["revokedAt"]?.string
        key = object["key"]?.string
        json = Array(object.rawBytes)
    }
}
