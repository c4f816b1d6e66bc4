/// `tideline key create|list|revoke`.
enum KeyCommand {
    static func create(_ options: KeyCreateOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let key = try context.withSession(options.configuration) { session throws(CommandFailure) in
            try session.client.createKey(
                workspace: options.workspace, user: options.user, role: options.role, lifetime: options.lifetime)
        }
        guard let text = key.key else { throw CommandFailure("the server made a key but did not show it; revoke it") }
        if options.isJSON {
            try context.console.write(key.json + [UInt8(ascii: "\n")])
        } else {
            try context.console.write(line: text)
            context.console.say(
                "\(key.role) key of \(key.user) for \(key.workspace), \(expiry(key)). It is not shown again.")
        }
        return 0
    }

    static func list(_ options: KeyListOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let keys = try context.withSession(options.configuration) { session throws(CommandFailure) in
            try session.client.keys(of: options.workspace)
        }
        if options.isJSON {
            try context.console.write(JSONList.bytes(keys.map(\.json)))
        } else {
            var table = TextTable(["PREFIX", "WORKSPACE", "USER", "ROLE", "CREATED", "STATE"])
            for key in keys {
                table.add([key.prefix, key.workspace, key.user, key.role, key.createdAt, state(key)])
            }
            try context.console.write(table.bytes)
        }
        return 0
    }

    static func revoke(_ options: KeyRevokeOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let isRevoked = try context.withSession(options.configuration) { session throws(CommandFailure) in
            try session.client.revokeKey(options.prefix)
        }
        guard isRevoked else {
            throw CommandFailure("there is no key \(options.prefix), or it is revoked already; see: tideline key list")
        }
        try context.console.write(line: "revoked \(options.prefix)")
        return 0
    }

    private static func state(_ key: KeySummary) -> String {
        key.revokedAt.map { "revoked \($0)" } ?? expiry(key)
    }

    private static func expiry(_ key: KeySummary) -> String {
        key.expiresAt.map { "expires \($0)" } ?? "does not expire"
    }
}
