extension ConfigurationKey {
    /// Every key there is, in the order of the file.
    package static let table: [ConfigurationKey] = server + storage + ingest + auth + streams + limits + events + rest

    /// The key of that path; nil when there is none.
    package static func named(_ path: String) -> ConfigurationKey? { byPath[path] }

    private static let byPath = Dictionary(uniqueKeysWithValues: table.map { ($0.path, $0) })

    private static let server: [ConfigurationKey] = [
        .list(
            "server.listen", \.server.listen, orNone: false, rule: .listenAddress,
            "addresses to listen on, HOST:PORT or unix:PATH; port 0 takes any free one"),
        .integer("server.loops", \.server.loops, 0...256, "event loops; 0 = one for each core"),
        .text("server.publicDirectory", \.server.publicDirectory, "directory of the dashboard's files; empty = none"),
        .list(
            "server.allowedHosts", \.server.allowedHosts, orNone: true, rule: .hostName,
            "values of Host that are answered; empty = all"
        ).on(.reload),
        .list(
            "server.allowedOrigins", \.server.allowedOrigins, orNone: true, rule: .origin,
            "origins of other sites whose pages may call the API (CORS); empty = none"
        ).on(.reload),
    ]

    private static let storage: [ConfigurationKey] = [
        .text(
            "storage.directory", \.storage.directory, rule: .notEmpty,
            "data directory: database, secret, control socket"),
        .text(
            "storage.url", \.storage.url, rule: .storageURL,
            "database; empty = sqlite:DIR/tideline.db in the data directory"),
        .choice("storage.synchronous", \.storage.synchronous, "when SQLite syncs; FULL = before each answer"),
        .duration(
            "storage.retain", \.storage.retain, .seconds(3600)...days(36_500), orZero: true,
            "age at which events leave the log; 0s = never"),
        .duration(
            "storage.auditRetain", \.storage.auditRetain, .seconds(86_400)...days(36_500), orZero: true,
            "age at which entries leave the audit log; 0s = never"),
    ]

    private static let ingest: [ConfigurationKey] = [
        .duration(
            "ingest.idempotencyRetention", \.ingest.idempotencyRetention, .seconds(60)...days(365),
            "how long an Idempotency-Key is remembered"),
        .integer(
            "ingest.queueEvents", \.ingest.queueEvents, 1000...10_000_000,
            "events that may wait for the log writer"),
        .size(
            "ingest.queueBytes", \.ingest.queueBytes, 8 * mebibyte...64 * gibibyte,
            "bytes of payload that may wait for the log writer"),
    ]

    private static let auth: [ConfigurationKey] = [
        .text(
            "auth.jwt.secret", \.auth.jwt.secret, isSecret: true, rule: .secret,
            "key of HS256 tokens; empty = made in the data directory"),
        .list(
            "auth.jwt.keys", \.auth.jwt.keys, orNone: true, rule: .keyFile,
            "public keys of other issuers of tokens, KID=ALG:PATH"
        ).on(.reload),
        .text(
            "auth.jwt.audience", \.auth.jwt.audience, rule: .audience,
            "what a token's aud must contain; empty = not checked"
        ).on(.reload),
        .text("auth.jwt.issuer", \.auth.jwt.issuer, "what a token's iss must be; empty = not checked").on(.reload),
        .boolean("auth.jwt.provision", \.auth.jwt.provision, "whether tokens create the workspaces they name"),
        .boolean("auth.demoLogin", \.auth.demoLogin, "whether serve prints a one-time login link"),
        .duration(
            "auth.sessionMaxAge", \.auth.sessionMaxAge, .seconds(60)...days(30),
            "how long a browser stays signed in"),
        .boolean("auth.secureCookies", \.auth.secureCookies, "whether browsers come by https, through a proxy"),
    ]

    private static let streams: [ConfigurationKey] = [
        .duration("streams.heartbeat", \.streams.heartbeat, .seconds(1)...minutes(10), "time between pings").on(
            .afterwards),
        .duration(
            "streams.quietHeartbeat", \.streams.quietHeartbeat, .seconds(1)...minutes(10),
            "time between pings on a stream without stats"
        ).on(.afterwards),
        .duration(
            "streams.statsInterval", \.streams.statsInterval, .milliseconds(250)...minutes(10), "time between stats"
        ).on(.reload),
        .duration("streams.maxAge", \.streams.maxAge, .seconds(5)...days(7), "age at which a stream is closed").on(
            .afterwards),
        .duration(
            "streams.cleanupInterval", \.streams.cleanupInterval, .seconds(1)...minutes(1440),
            "time between sweeps for stale streams"
        ).on(.reload),
        .duration(
            "streams.retry", \.streams.retry, .milliseconds(100)...minutes(10),
            "how long clients wait before they reconnect"
        ).on(.reload),
        .size(
            "streams.outboxBytes", \.streams.outboxBytes, 64 * kibibyte...gibibyte, "lag at which a stream is closed"
        ).on(.reload),
        .duration(
            "streams.stallTimeout", \.streams.stallTimeout, .seconds(1)...minutes(10),
            "time without a byte accepted at which a stream is closed"
        ).on(.reload),
        .size("streams.sendBuffer", \.streams.sendBuffer, 4 * kibibyte...16 * mebibyte, "kernel buffer of one stream")
            .on(.afterwards),
        .size(
            "streams.replayMemory", \.streams.replayMemory, mebibyte...64 * gibibyte,
            "memory for recent events, all streams together"
        ).on(.reload),
        .size(
            "streams.replayLimit", \.streams.replayLimit, 64 * kibibyte...16 * gibibyte,
            "most that one resume replays"
        ).on(.reload),
        .integer("streams.maxConnections", \.streams.maxConnections, 1...10_000_000, "open streams at most").on(
            .reload),
        .integer(
            "streams.maxConnectionsPerUser", \.streams.maxConnectionsPerUser, 0...10_000_000,
            "open streams of one user at most; 0 = no limit of its own"
        ).on(.reload),
        .duration(
            "streams.adminCloseHold", \.streams.adminCloseHold, .zero...minutes(60),
            "how long users whose streams an administrator closed are kept out"
        ).on(.reload),
    ]

    private static let limits: [ConfigurationKey] = [
        .size("limits.headerBytes", \.limits.headerBytes, kibibyte...mebibyte, "request line and header fields").on(
            .afterwards),
        .size("limits.bodyBytes", \.limits.bodyBytes, kibibyte...64 * mebibyte, "body of one event or other request")
            .on(.reload),
        .size("limits.batchBytes", \.limits.batchBytes, kibibyte...gibibyte, "body of a batch").on(.reload),
        .integer("limits.jsonDepth", \.limits.jsonDepth, 4...512, "levels of nesting in JSON").on(.reload),
        .duration(
            "limits.headerTimeout", \.limits.headerTimeout, .seconds(1)...minutes(10), "time for a request's header"
        ).on(.reload),
        .duration("limits.bodyTimeout", \.limits.bodyTimeout, .seconds(1)...minutes(60), "time for a request's body")
            .on(.reload),
        .duration("limits.idleTimeout", \.limits.idleTimeout, .seconds(1)...minutes(60), "time between two requests")
            .on(.reload),
    ]

    private static let events: [ConfigurationKey] = [
        .choice("events.unknownTypes", \.events.unknownTypes, "what happens to types outside the catalogue").on(
            .reload),
        .duration(
            "stats.activeUserWindow", \.stats.activeUserWindow, .seconds(60)...days(7),
            "activeUsers: users with an event in this time"),
        .duration(
            "stats.onlineWindow", \.stats.onlineWindow, .seconds(10)...days(1),
            "onlineUsers: users with a stream, or present in this time"),
        .duration(
            "stats.sessionWindow", \.stats.sessionWindow, .seconds(60)...days(7),
            "activeSessions: sessions with an event in this time"),
        .duration(
            "stats.channelWindow", \.stats.channelWindow, .seconds(60)...days(7),
            "activeChannels: channels with a message in this time"),
        .duration(
            "stats.orchestratorWindow", \.stats.orchestratorWindow, .seconds(10)...days(1),
            "activeOrchestrators: not stopped, and heard of in this time"),
        .integer(
            "stats.maximumEventTypes", \.stats.maximumEventTypes, 1...10_000,
            "types counted by name a day; the rest is \"other\""),
    ]

    private static let rest: [ConfigurationKey] = [
        .text("cluster.url", \.cluster.url, rule: .nothing, "other nodes; empty = this process alone"),
        .choice("log.level", \.log.level, "the least severe message logged").on(.reload),
        .text(
            "metrics.token", \.metrics.token, isSecret: true, rule: .bearerToken,
            "what /metrics asks for; empty = local peers only"
        ).on(.reload),
    ]

    private static let kibibyte = 1024
    private static let mebibyte = 1_048_576
    private static let gibibyte = 1_073_741_824
    private static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    private static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
