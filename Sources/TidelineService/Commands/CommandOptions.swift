package import Access
package import Events

/// Where a command finds its configuration; every command that needs one takes these.
package struct ConfigurationOptions: Sendable, Equatable {
    /// `--config`; nil uses `TIDELINE_CONFIG`, or no file.
    package var file: String?
    /// `--set`, `--data` and `--listen`, in this order, so that a named flag wins over `--set`.
    package var overrides: [ConfigurationOverride] = []

    package init(file: String? = nil, overrides: [ConfigurationOverride] = []) {
        self.file = file
        self.overrides = overrides
    }

    init(_ parsed: ParsedArguments) throws(UsageError) {
        file = parsed.value("--config")
        for setting in parsed.all("--set") {
            guard let equals = setting.firstIndex(of: "=") else { throw parsed.error("--set needs KEY=VALUE") }
            overrides.append(
                ConfigurationOverride(
                    key: String(setting[..<equals]), value: String(setting[setting.index(after: equals)...]),
                    flag: "--set"))
        }
        if let directory = parsed.value("--data") {
            overrides.append(ConfigurationOverride(key: "storage.directory", value: directory, flag: "--data"))
        }
        let addresses = parsed.all("--listen")
        if !addresses.isEmpty {
            overrides.append(
                ConfigurationOverride(key: "server.listen", value: addresses.joined(separator: ","), flag: "--listen"))
        }
    }

    /// Loads what these options name.
    package func load(environment: [String: String]) throws(ConfigurationFailure) -> LoadedConfiguration {
        try ConfigurationLoader.load(file: file, environment: environment, arguments: overrides)
    }
}

/// `tideline serve`.
package struct ServeOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    /// Whether to create and animate the demo workspace.
    package var isDemo: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        isDemo = parsed.contains("--demo")
    }
}

/// `tideline token`.
package struct TokenOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var user: UserID
    package var name: String?
    package var grants: WorkspaceGrants
    package var lifetime: Duration

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        user = try parsed.required("--user") { UserID($0) }
        name = parsed.value("--name")
        lifetime = try parsed.lifetime("--ttl") ?? .seconds(3600)
        grants = WorkspaceGrants()
        for text in parsed.all("--workspace") { try Self.add(text, to: &grants, parsed) }
    }

    /// Reads `W` or `W=role`; `*` stands for every workspace.
    private static func add(
        _ text: String, to grants: inout WorkspaceGrants, _ parsed: ParsedArguments
    ) throws(UsageError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let role = parts.count == 1 ? .member : Role(rawValue: parts[1]) else {
            throw parsed.error("--workspace: \"\(parts[1])\" is no role; one of member, ingest, admin")
        }
        if parts[0] == "*" {
            grants.everywhere = role
        } else if let workspace = WorkspaceID(parts[0]) {
            guard grants.named.updateValue(role, forKey: workspace) == nil else {
                throw parsed.error("--workspace names \(workspace) twice")
            }
        } else {
            throw parsed.error("--workspace: \"\(parts[0])\" is neither * nor 1–64 characters of A–Z a–z 0–9 . _ : -")
        }
    }
}

/// `tideline key create`.
package struct KeyCreateOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var workspace: WorkspaceID
    package var user: UserID
    package var role: Role
    /// nil: the key does not expire.
    package var lifetime: Duration?
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.required("--workspace") { WorkspaceID($0) }
        user = try parsed.required("--user") { UserID($0) }
        guard let role = Role(rawValue: parsed.value("--role") ?? Role.ingest.rawValue) else {
            throw parsed.error("--role is one of member, ingest, admin")
        }
        self.role = role
        lifetime = try parsed.lifetime("--ttl")
        isJSON = parsed.contains("--json")
    }
}

/// `tideline key list`.
package struct KeyListOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    /// nil: of all workspaces.
    package var workspace: WorkspaceID?
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        workspace = try parsed.optional("--workspace") { WorkspaceID($0) }
        isJSON = parsed.contains("--json")
    }
}

/// `tideline key revoke`.
package struct KeyRevokeOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    /// ``APIKey/prefix``.
    package var prefix: String

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        let text = parsed.positionals[0]
        // Whoever pastes the whole key means its prefix.
        let prefix = APIKey(text.utf8)?.prefix ?? (text.hasPrefix("tl_") ? String(text.dropFirst(3)) : text)
        guard APIKey.isPrefix(prefix) else {
            throw parsed.error("a key is named by the 8 characters after tl_, as key list prints them")
        }
        self.prefix = prefix
    }
}

/// `tideline workspace create`.
package struct WorkspaceCreateOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var slug: WorkspaceID
    /// An IANA name; whether there is such a zone is checked where it is used.
    package var timeZone: String
    package var name: String?
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        guard let slug = WorkspaceID(parsed.positionals[0]) else {
            throw parsed.error("SLUG is 1–64 characters of A–Z a–z 0–9 . _ : -")
        }
        self.slug = slug
        timeZone = parsed.value("--tz") ?? "UTC"
        name = parsed.value("--name")
        isJSON = parsed.contains("--json")
    }
}

/// `tideline workspace list`.
package struct WorkspaceListOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    package var isJSON: Bool

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        isJSON = parsed.contains("--json")
    }
}
