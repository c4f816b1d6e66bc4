/// The commands that work on a running server's streams.
extension CommandGrammar {
    static let tail = CommandGrammar(
        name: "tail", positionals: [],
        summary: "follow a workspace's live stream",
        description: [
            """
            Prints events as they are committed: on a terminal a line each with time (UTC), type, user and data, \
            otherwise NDJSON, the objects that `tideline export` writes. Needs a running server on this machine; \
            events of private channels are for their members and not shown.
            """,
            """
            It goes on through restarts of the server, from the last event it has printed: nothing is missed and \
            nothing comes twice. Where that cannot be exact, it says "reset" and why; that and everything else but \
            events goes to standard error. Ctrl-C ends it.
            """,
        ],
        options: [
            .value("--workspace", "W", isRequired: true, "The workspace, by id or slug."),
            .value("--after", "ID", "Begin behind this event: its id, or its sequence number; 0 is the start."),
            .value("--types", "TYPES", "Only these types, such as message.*,task.completed."),
            .value("--user", "U", "Only this user's events."),
            .flag("--stats", "Also the live figures, every few seconds."),
            .flag("--json", "NDJSON on a terminal too."),
        ] + configuration,
        examples: [
            Example(command: "tideline tail --workspace acme --types 'message.*'", meaning: "Watch people talk."),
            Example(
                command: "tideline tail --workspace acme --after 0 > acme.ndjson",
                meaning: "A copy of the log that keeps growing."),
        ],
        failure: "no server runs, the workspace is unknown, or an administrator ended it for good")

    static let send = CommandGrammar(
        name: "send",
        positionals: [
            Positional(placeholder: "TYPE", isRequired: true), Positional(placeholder: "JSON", isRequired: false),
        ],
        summary: "append one event",
        description: [
            """
            Posts an event of TYPE with the object JSON as its data ({} without it; - reads it from standard input), \
            and prints the event's id once it is durable. Needs a running server on this machine.
            """,
            """
            When the server restarts meanwhile or asks to wait, it tries again for up to 30 s under the same eventId, \
            so that the event is stored once. Who sends twice with the same --event-id gets the first answer again.
            """,
        ],
        options: [
            .value("--workspace", "W", isRequired: true, "The workspace, by id or slug."),
            .value("--user", "U", "Whose event it is (default the local operator)."),
            .value("--session", "S", "Its session."),
            .value("--event-id", "E", "Its id (default a new UUID)."),
            .value("--occurred-at", "T", "When it happened, such as 2026-01-31T12:00:00Z (default now)."),
            .flag("--json", "Print the server's whole answer."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline send --workspace acme deploy.finished '{\"version\":\"1.4.2\"}'",
                meaning: "Tell everyone who watches."),
            Example(
                command: "tideline send --workspace acme message.sent - --user ada",
                meaning: "On behalf of somebody, with the data from a pipe."),
        ],
        failure: "no server runs, the workspace is unknown, or the event is refused")

    static let connectionsList = CommandGrammar(
        name: "connections list", positionals: [],
        summary: "list open streams",
        description: [
            """
            Shows id, user, address, age, position, lag (events not yet handed to its socket, and their bytes), \
            bytes that the client has not acknowledged, and state: live, replaying (catching up from the log) or \
            closing. Oldest first, at most 1,000. Needs a running server on this machine.
            """
        ],
        options: [
            .value("--workspace", "W", isRequired: true, "The workspace, by id or slug."),
            .value("--user", "U", "Only this user's."),
            .flag("--json", "Print an array of objects."),
        ] + configuration,
        examples: [
            Example(command: "tideline connections list --workspace acme", meaning: "Who is connected, who lags?")
        ],
        failure: "no server runs or the workspace is unknown")

    static let connectionsClose = CommandGrammar(
        name: "connections close", positionals: [Positional(placeholder: "ID", isRequired: false)],
        summary: "close open streams",
        description: [
            """
            Closes one stream (ID, as connections list shows it), those of a user, or all of a workspace. The \
            clients are told "closing" and come back by themselves: one closed by ID soon, the others after the hold \
            of streams.adminCloseHold. Prints how many were closed.
            """
        ],
        options: [
            .value("--workspace", "W", isRequired: true, "The workspace, by id or slug."),
            .value("--user", "U", "All streams of this user."),
            .flag("--all", "All streams of the workspace."),
            .value("--hold", "DURATION", "Keep their users out for so long, up to 24h."),
            .flag("--final", "In that time tell their clients not to come back at all (204)."),
            .flag("--json", "Print the server's answer."),
        ] + configuration,
        examples: [
            Example(
                command: "tideline connections close --workspace acme --user ada --hold 10m",
                meaning: "Ten minutes of quiet from ada."),
            Example(
                command: "tideline connections close --workspace acme --all --hold 1m",
                meaning: "Everybody reconnects, after a minute."),
        ],
        failure: "no server runs, or there is no such workspace or stream")
}
