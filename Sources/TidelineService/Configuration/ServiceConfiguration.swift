/// Everything an operator can set, assembled from defaults, a file, the environment and arguments by
/// ``ConfigurationLoader``.
///
/// The initial values are the defaults; `Config/tideline.json5` explains each, and a test keeps the two equal. Nobody
/// else reads the environment. Ranges are those of ``ConfigurationKey/table``.
package struct ServiceConfiguration: Sendable, Equatable {
    package var server = Server()
    package var storage = Storage()
    package var ingest = Ingest()
    package var auth = Auth()
    package var streams = Streams()
    package var limits = Limits()
    package var events = Events()
    package var stats = Stats()
    package var cluster = Cluster()
    package var log = Log()
    package var metrics = Metrics()

    package init() {}
}

extension ServiceConfiguration {
    /// Where the server listens and what it serves.
    package struct Server: Sendable, Equatable {
        /// `HOST:PORT` or `unix:PATH`; port 0 takes any free one.
        package var listen = ["127.0.0.1:8080"]
        /// Event loops; 0 means one for each core.
        package var loops = 0
        /// The dashboard's files; empty serves none.
        package var publicDirectory = "public"
        /// Values of `Host` that are answered; empty answers all.
        package var allowedHosts: [String] = []
        /// Origins of other sites whose pages may call the API; empty allows none.
        package var allowedOrigins: [String] = []

        package init() {}
    }

    /// Where the log lives and how long.
    package struct Storage: Sendable, Equatable {
        package enum Synchronous: String, Sendable, CaseIterable {
            case full = "FULL"
            case extra = "EXTRA"
            case normal = "NORMAL"
            case off = "OFF"
        }

        /// Holds the database, the secret, the head mark and the control socket.
        package var directory = "data"
        /// `sqlite:PATH`; empty means `tideline.db` in ``directory``.
        package var url = ""
        package var synchronous = Synchronous.full
        /// Age at which events leave the log; zero keeps them for ever.
        package var retain = Duration.seconds(90 * 86_400)
        /// Age at which entries leave the audit log; zero keeps them for ever.
        package var auditRetain = Duration.seconds(365 * 86_400)

        package init() {}

        /// The path of the SQLite database.
        package var databasePath: String {
            url.isEmpty ? path(of: "tideline.db") : String(url.dropFirst(Self.scheme.count))
        }
        /// The signing secret of an installation that configures none.
        package var secretPath: String { path(of: "secret") }
        /// Where commands reach the running server.
        package var controlSocketPath: String { path(of: "control.sock") }
        /// The committed heads, by which a start notices that an old copy of the log came back.
        package var headMarkPath: String { path(of: "head.mark") }

        /// The only store there is yet.
        static let scheme = "sqlite:"

        private func path(of name: String) -> String {
            directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
        }
    }

    /// How events get in.
    package struct Ingest: Sendable, Equatable {
        package var idempotencyRetention = Duration.seconds(86_400)
        /// Bounds of what waits for the log writer, in events and in bytes of payload.
        package var queueEvents = 10_000
        package var queueBytes = 64 * 1_048_576

        package init() {}
    }

    /// Whose credentials count.
    package struct Auth: Sendable, Equatable {
        package var jwt = JWT()
        /// Whether `serve` offers a one-time login link for the demo's workspace.
        package var demoLogin = false
        package var sessionMaxAge = Duration.seconds(12 * 3600)
        /// Whether browsers reach the server by https, through a proxy that ends TLS.
        package var secureCookies = false

        package init() {}

        package struct JWT: Sendable, Equatable {
            /// At least 32 bytes; empty uses the one in the data directory.
            package var secret = ""
            /// Public keys of other issuers, `KID=ALG:PATH`.
            package var keys: [String] = []
            /// What `aud` must contain; empty asks for none.
            package var audience = ""
            /// What `iss` must be; empty asks for none.
            package var issuer = ""
            /// Whether a signed token may create the workspaces it names, and its bearer's membership.
            package var provision = true

            package init() {}
        }
    }

    /// What open streams get and cost.
    package struct Streams: Sendable, Equatable {
        package var heartbeat = Duration.seconds(30)
        package var quietHeartbeat = Duration.seconds(15)
        package var statsInterval = Duration.seconds(5)
        package var maxAge = Duration.seconds(3600)
        package var cleanupInterval = Duration.seconds(300)
        package var retry = Duration.seconds(2)
        package var outboxBytes = 1_048_576
        package var stallTimeout = Duration.seconds(10)
        package var sendBuffer = 65_536
        package var replayMemory = 64 * 1_048_576
        package var replayLimit = 16 * 1_048_576
        package var maxConnections = 16_000
        /// 0 means no limit of its own.
        package var maxConnectionsPerUser = 0
        package var adminCloseHold = Duration.seconds(10)

        package init() {}
    }

    /// How much of a request is read, and for how long.
    package struct Limits: Sendable, Equatable {
        package var headerBytes = 32_768
        package var bodyBytes = 65_536
        package var batchBytes = 8 * 1_048_576
        package var jsonDepth = 32
        package var headerTimeout = Duration.seconds(30)
        package var bodyTimeout = Duration.seconds(40)
        package var idleTimeout = Duration.seconds(75)

        package init() {}
    }

    /// Which events are taken.
    package struct Events: Sendable, Equatable {
        package enum UnknownTypes: String, Sendable, CaseIterable { case accept, reject }

        package var unknownTypes = UnknownTypes.accept

        package init() {}
    }

    /// Over which times the live figures reach.
    package struct Stats: Sendable, Equatable {
        package var activeUserWindow = Duration.seconds(86_400)
        package var onlineWindow = Duration.seconds(300)
        package var sessionWindow = Duration.seconds(1800)
        package var channelWindow = Duration.seconds(86_400)
        package var orchestratorWindow = Duration.seconds(300)
        package var maximumEventTypes = 200

        package init() {}
    }

    /// Which other nodes there are: none, yet.
    package struct Cluster: Sendable, Equatable {
        /// Empty: this process alone.
        package var url = ""

        package init() {}
    }

    /// What is logged on standard error.
    package struct Log: Sendable, Equatable {
        package enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }

        package var level = Level.info

        package init() {}
    }

    /// Who may read `/metrics`.
    package struct Metrics: Sendable, Equatable {
        /// The bearer token it asks for; empty lets in only peers of this machine.
        package var token = ""

        package init() {}
    }
}
