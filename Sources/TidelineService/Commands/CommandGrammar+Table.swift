extension CommandGrammar {
    /// Every command, in the order of the overview.
    static let all: [CommandGrammar] = [
        serve, token, keyCreate, keyList, keyRevoke, workspaceCreate, workspaceList, tail, send, connectionsList,
        connectionsClose, importEvents, exportEvents, backup, restore, checkConfiguration, doctor, version, help,
    ]

    private static let serve = CommandGrammar(
        name: "serve", positionals: [],
        summary: "run the server",
        description: [
            """
            Opens the log in the data directory, then listens. Log lines go to standard error as JSON; the one \
            that says "listening" names host and port.
            """,
            """
            Without auth.jwt.secret it makes a signing secret in the data directory, which `tideline token` uses \
            too. SIGTERM closes streams politely, flushes the log and ends. SIGHUP reads the configuration again \
            and applies what can change; a mistake in it changes nothing and is logged.
            """,
        ],
        options: [
            .value(
                "--listen", "HOST:PORT", isRepeatable: true,
                "Address to listen on instead of server.listen; port 0 takes any free one."),
            .flag("--demo", "Create a sample workspace, keep it alive with simulated people, and print a login link."),
        ] + configuration,
        examples: [
            Example(command: "tideline serve --demo", meaning: "Try it out on 127.0.0.1:8080."),
            Example(
                command: "tideline serve --config /etc/tideline.json5 --data /var/lib/tideline",
                meaning: "Run a service; TIDELINE_… variables win over the file, these options over both."),
            Example(
                command: "tideline serve --set streams.maxAge=10m --set log.level=debug",
                meaning: "Change single keys for one run."),
        ],
        failure: "the configuration, the log or an address is not usable")

    private static let token = CommandGrammar(
        name: "token", positionals: [],
        summary: "print a bearer token (JWT)",
        description: [
            """
            Signs with auth.jwt.secret, else with the secret in the data directory, so run it where the server \
            runs. The token is the only thing on standard output.
            """,
            """
            A workspace is named by id or slug; it is created on first use while auth.jwt.provision is on. Roles: \
            member (read, post as oneself), ingest (post for others), admin (all). "*" means every workspace and \
            makes an operator, who is no member.
            """,
        ],
        options: [
            .value("--user", "U", isRequired: true, "Whose token it is: the claim sub."),
            .value(
                "--workspace", "W[=ROLE]", isRepeatable: true, isRequired: true,
                "Where it counts, and as what (default member)."),
            .value("--name", "N", "What to call the user: the claim name."),
            .value("--ttl", "DURATION", "How long it counts, from 1s to 3650d (default 1h)."),
        ] + configuration,
        examples: [
            Example(command: "tideline token --user ada --workspace acme", meaning: "An hour as a member of acme."),
            Example(
                command: "TOKEN=$(tideline token --user ops --workspace '*=admin' --ttl 15m)",
                meaning: "An operator's token, kept in a variable; quote the asterisk."),
        ],
        failure: "there is no usable secret")

    private static let keyCreate = CommandGrammar(
        name: "key create", positionals: [],
        summary: "make an API key for a service",
        description: [
            """
            Prints the key once; only its hash is kept. It is bound to one workspace, one user (who its events \
            come from) and one role, and counts until it expires or is revoked.
            """
        ],
        options: [
            .value("--workspace", "W", isRequired: true, "The workspace, by id or slug."),
            .value("--user", "U", isRequired: true, "The service's user id."),
            .value("--role", "ROLE", "member, ingest or admin (default ingest)."),
            .value("--ttl", "DURATION", "When it expires, from 1s to 3650d (default never)."),
            .flag("--json", "Print an object with key, prefix, workspace, user, role and expiry."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline key create --workspace acme --user importer --ttl 90d",
                meaning: "A key that may post events for others for ninety days.")
        ],
        failure: "the workspace is unknown or the log is not reachable")

    private static let keyList = CommandGrammar(
        name: "key list", positionals: [],
        summary: "list API keys",
        description: [
            "Shows prefix, workspace, user, role, expiry and revocation; a key itself cannot be shown again."
        ],
        options: [
            .value("--workspace", "W", "Only this workspace's."),
            .flag("--json", "Print an array of objects."),
        ] + configuration,
        examples: [Example(command: "tideline key list --workspace acme", meaning: "Who posts into acme?")],
        failure: "the workspace is unknown or the log is not reachable")

    private static let keyRevoke = CommandGrammar(
        name: "key revoke", positionals: [Positional(placeholder: "PREFIX", isRequired: true)],
        summary: "revoke an API key",
        description: [
            """
            PREFIX is the eight characters after tl_. A running server refuses the key from then on and ends the \
            streams it opened.
            """
        ],
        options: configuration,
        examples: [Example(command: "tideline key revoke k3v7x2ab", meaning: "End the key tl_k3v7x2ab_…")],
        failure: "there is no such key")

    private static let workspaceCreate = CommandGrammar(
        name: "workspace create", positionals: [Positional(placeholder: "SLUG", isRequired: true)],
        summary: "create a workspace",
        description: [
            """
            A workspace has a log of its own; nothing is shared between two. SLUG is how people address it; it \
            also gets an id. Creating one that exists fails.
            """
        ],
        options: [
            .value("--tz", "ZONE", "IANA time zone that decides when its day begins (default UTC)."),
            .value("--name", "N", "What to call it."),
            .flag("--json", "Print the workspace as an object."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline workspace create acme --tz Europe/Berlin --name 'Acme AG'",
                meaning: "\"Messages today\" then means today in Berlin.")
        ],
        failure: "the slug is taken, the zone is unknown or the log is not reachable")

    private static let workspaceList = CommandGrammar(
        name: "workspace list", positionals: [],
        summary: "list workspaces",
        description: ["Shows slug, id, time zone, head and floor of the log, and the number of open streams."],
        options: [.flag("--json", "Print an array of objects.")] + configuration,
        examples: [Example(command: "tideline workspace list --json", meaning: "For scripts.")],
        failure: "the log is not reachable")

    private static let importEvents = CommandGrammar(
        name: "import", positionals: [Positional(placeholder: "FILE", isRequired: true)],
        summary: "append events from a file",
        description: [
            """
            FILE holds one JSON event a line (NDJSON), as `tideline export` writes them or as POST takes them; - \
            reads standard input. Lines are judged one by one; refused ones are reported with their number, the \
            others are appended.
            """,
            """
            It can be repeated: an event whose eventId is in the log already is counted as a duplicate; a line \
            without one gets an eventId made of its number and bytes. An import of a file that was interrupted goes \
            on where it was. A running server folds and broadcasts the events like any others.
            """,
            """
            The workspace must exist. Of an export, workspace.created and workspace.updated are left out: the \
            workspace imported into has its own slug and zone.
            """,
        ],
        options: [
            .value(
                "--workspace", "W", "For lines that name no workspaceId, and for exported lines, whatever they name."),
            .flag("--dry-run", "Check every line, append nothing."),
            .flag("--quiet", "Do not broadcast: open streams hear nothing of it."),
            .flag("--json", "Print the counts as an object."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline import history.ndjson --workspace acme --dry-run",
                meaning: "What would be refused?"),
            Example(
                command: "zcat history.ndjson.gz | tideline import - --workspace acme --quiet",
                meaning: "Load history behind the back of those who watch."),
        ],
        failure: "a line was refused, or the log is not reachable")

    private static let exportEvents = CommandGrammar(
        name: "export", positionals: [],
        summary: "print events of the log",
        description: [
            """
            Writes to standard output, in the order of the log, reading from it while the server runs. NDJSON can \
            be imported again; CSV has one row an event, with eventData as JSON in its last column.
            """
        ],
        options: [
            .value("--workspace", "W", "Only this workspace (default all, one after the other)."),
            .value("--from", "SEQ", "First sequence number wanted (default 1)."),
            .value("--format", "FORMAT", "ndjson or csv (default ndjson)."),
        ] + configuration,
        examples: [
            Example(command: "tideline export --workspace acme > acme.ndjson", meaning: "A copy of one workspace."),
            Example(
                command: "tideline export --workspace acme --from 120001 --format csv",
                meaning: "What happened since, for a spreadsheet."),
        ],
        failure: "the workspace is unknown or the log cannot be read")

    private static let backup = CommandGrammar(
        name: "backup", positionals: [Positional(placeholder: "FILE", isRequired: true)],
        summary: "copy the log into a file",
        description: [
            """
            Makes a consistent copy of the whole log, API keys and audit included, while the server goes on: it \
            copies between its commits, in the data directory, which needs room for it meanwhile. Then FILE appears \
            in one step, complete, synced and checked (integrity, and every number of every workspace), or not at all. \
            An existing FILE is never overwritten.
            """,
            """
            The signing secret is not in it. Keep DATA/secret, or auth.jwt.secret, elsewhere: without it every token \
            and session ends with a restore on another machine.
            """,
        ],
        options: [
            .flag("--dry-run", "Say how large it would be and whether it fits; copy nothing."),
            .flag("--json", "Print the result as an object."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline backup /var/backups/tideline-monday.db",
                meaning: "A copy that must not exist yet; name daily ones by their date."),
            Example(command: "tideline restore backup.db --dry-run", meaning: "Is a copy still good?"),
        ],
        failure: "FILE exists, there is no room, the copy is damaged or the log is not reachable")

    private static let restore = CommandGrammar(
        name: "restore", positionals: [Positional(placeholder: "FILE", isRequired: true)],
        summary: "put a backup in the place of the log",
        description: [
            """
            Needs a data directory without a running server. Checks FILE (schema, integrity, no number missing), then \
            replaces the log in one step and keeps the old one as tideline.db.before-restore-TIME. Every workspace \
            begins a new epoch, so that clients which resume get a reset instead of other events under the numbers \
            they know.
            """,
            """
            A log that knows events which FILE does not is replaced only with --force, and so is one that cannot be \
            read. To undo a restore, restore the file it kept.
            """,
        ],
        options: [
            .flag("--dry-run", "Check FILE and say what would be lost; change nothing."),
            .flag("--force", "Also where events of the present log are not in FILE."),
            .flag("--json", "Print the result as an object."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline restore backup.db --data /var/lib/tideline",
                meaning: "After systemctl stop tideline.service; the socket may go on listening."),
            Example(command: "tideline restore backup.db --dry-run", meaning: "Would it work, and what would go?"),
        ],
        failure: "a server runs, FILE is no good backup, or events would be lost without --force")

    private static let checkConfiguration = CommandGrammar(
        name: "check-config", positionals: [],
        summary: "check the configuration and show what is in force",
        description: [
            """
            Reads file, environment and options as serve would, and prints every key with its value, what a change \
            of it needs, and where it was set. Mistakes are listed all at once, each with key, place and what was \
            expected. Secrets are shown as "(set)".
            """,
            """
            A change needs: reload (send serve SIGHUP), afterwards (the same; it counts for streams or connections \
            opened from then on), or restart.
            """,
        ],
        options: [
            .value("--listen", "HOST:PORT", isRepeatable: true, "As for serve."),
            .flag("--json", "Print an array of objects {key, value, change, source}."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline check-config --config /etc/tideline.json5",
                meaning: "Before a restart: would it start, and with what?")
        ],
        failure: "the configuration has mistakes")

    private static let doctor = CommandGrammar(
        name: "doctor", positionals: [],
        summary: "find out what would go wrong here, and what to do",
        description: [
            """
            Looks at descriptors, memory, clock, kernel settings, disk (room, sync latency, file modes), database, addresses, \
            the running server and the configuration. Each line is ok, warn or fail; below it, what to do. Run it as the \
            server's user, with its configuration.
            """,
            """
            With --url it also goes the way of a client, through proxy and TLS: a stream is opened, canaries are posted, and \
            must arrive at once; headers, resuming, body size, certificate and clock are looked at. Canaries are events of \
            the workspace tideline-doctor, so no figure that people look at contains them.
            """,
        ],
        options: [
            .value("--url", "URL", "Where clients reach the server, https://HOST or http://HOST:PORT."),
            .value(
                "--token", "T",
                "Credential for the canary; better in TIDELINE_DOCTOR_TOKEN, which ps does not show (default: one signed here)."
            ),
            .value("--workspace", "W", "Where the token may post, instead of tideline-doctor."),
            .value("--ca-file", "FILE", "Trusted authorities, PEM, instead of the system's."),
            .flag("--idle", "Also hold a quiet stream for 75 s: does something cut it?"),
            .flag("--deep", "integrity_check instead of quick_check; 5–16 s a million events."),
            .flag("--json", "Print an array of objects {check, status, detail, remedy}."),
        ] + configuration,
        examples: [
            Example(command: "tideline doctor --data /var/lib/tideline", meaning: "Is this machine fit for it?"),
            Example(
                command: "tideline doctor --url https://tideline.example.org",
                meaning: "Does the proxy let events through as they happen?"),
        ],
        failure: "a check fails")

    private static let version = CommandGrammar(
        name: "version", positionals: [],
        summary: "print the version",
        description: [],
        options: [.flag("--json", "Print an object.")],
        examples: [],
        failure: "never")

    private static let help = CommandGrammar(
        name: "help", positionals: [Positional(placeholder: "COMMAND", isRequired: false, isRepeatable: true)],
        summary: "explain a command",
        description: ["The same as --help after the command."],
        options: [],
        examples: [Example(command: "tideline help key create", meaning: "A command of two words.")],
        failure: "never")

    /// What every command takes that needs the configuration.
    static let configuration: [Option] = [
        .value("--config", "FILE", "Configuration file, JSON5 (default $TIDELINE_CONFIG, else none)."),
        .value("--data", "DIR", "Data directory instead of storage.directory."),
        .value("--set", "KEY=VALUE", isRepeatable: true, "Any key of the configuration; see Config/tideline.json5."),
    ]
}
