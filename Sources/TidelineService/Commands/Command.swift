/// What a command line asks for: the result of ``parse(_:)``, executed elsewhere.
package enum Command: Sendable, Equatable {
    case serve(ServeOptions)
    case token(TokenOptions)
    case keyCreate(KeyCreateOptions)
    case keyList(KeyListOptions)
    case keyRevoke(KeyRevokeOptions)
    case workspaceCreate(WorkspaceCreateOptions)
    case workspaceList(WorkspaceListOptions)
    case tail(TailOptions)
    case send(SendOptions)
    case connectionsList(ConnectionsListOptions)
    case connectionsClose(ConnectionsCloseOptions)
    case importEvents(ImportOptions)
    case exportEvents(ExportOptions)
    case backup(BackupOptions)
    case restore(RestoreOptions)
    case doctor(DoctorOptions)
    case checkConfiguration(CheckConfigurationOptions)
    case version(isJSON: Bool)
    /// The text to print on standard output; also for `--help`.
    case help(String)

    /// Reads the arguments that follow the program's name.
    /// - Throws: ``UsageError``: print its description on standard error and exit with status 2.
    package static func parse(_ arguments: [String]) throws(UsageError) -> Command {
        guard let first = arguments.first else {
            throw UsageError(message: "a command is missing, such as serve, token or check-config", command: nil)
        }
        switch first {
        case "--help", "-h": return .help(HelpText.overview)
        case "--version": return .version(isJSON: false)
        default: break
        }
        // `tideline key --help` names a family of commands.
        if arguments.count == 2, ["--help", "-h"].contains(arguments[1]) { return .help(try HelpText.about([first])) }
        let (grammar, words) = try CommandGrammar.find(arguments)
        let parsed = try ParsedArguments(arguments.dropFirst(words), grammar: grammar)
        if parsed.asksForHelp { return .help(HelpText.of(grammar)) }
        return try make(parsed)
    }

    private static func make(_ parsed: ParsedArguments) throws(UsageError) -> Command {
        switch parsed.grammar.name {
        case "serve": .serve(try ServeOptions(parsed))
        case "token": .token(try TokenOptions(parsed))
        case "key create": .keyCreate(try KeyCreateOptions(parsed))
        case "key list": .keyList(try KeyListOptions(parsed))
        case "key revoke": .keyRevoke(try KeyRevokeOptions(parsed))
        case "workspace create": .workspaceCreate(try WorkspaceCreateOptions(parsed))
        case "workspace list": .workspaceList(try WorkspaceListOptions(parsed))
        case "tail": .tail(try TailOptions(parsed))
        case "send": .send(try SendOptions(parsed))
        case "connections list": .connectionsList(try ConnectionsListOptions(parsed))
        case "connections close": .connectionsClose(try ConnectionsCloseOptions(parsed))
        case "import": .importEvents(try ImportOptions(parsed))
        case "export": .exportEvents(try ExportOptions(parsed))
        case "backup": .backup(try BackupOptions(parsed))
        case "restore": .restore(try RestoreOptions(parsed))
        case "doctor": .doctor(try DoctorOptions(parsed))
        case "check-config": .checkConfiguration(try CheckConfigurationOptions(parsed))
        case "version": .version(isJSON: parsed.contains("--json"))
        case "help": .help(try HelpText.about(parsed.positionals))
        default: preconditionFailure("the grammar of \(parsed.grammar.name) has no options type")
        }
    }
}

extension CommandGrammar {
    /// The command that `arguments` begin with, and how many words name it.
    static func find(_ arguments: [String]) throws(UsageError) -> (grammar: CommandGrammar, words: Int) {
        for words in [2, 1] where arguments.count >= words {
            let name = arguments.prefix(words).joined(separator: " ")
            if let grammar = all.first(where: { $0.name == name }) { return (grammar, words) }
        }
        let family = all.filter { $0.name.hasPrefix(arguments[0] + " ") }
        guard family.isEmpty else {
            let actions = family.map { String($0.name.dropFirst(arguments[0].count + 1)) }
            let second = arguments.dropFirst().first
            let nearest = second.flatMap { Suggestion.nearest(to: $0, among: actions) }
            let found = second.map { "\(arguments[0]) has no action \"\($0)\"" } ?? "\(arguments[0]) needs an action"
            let hint =
                nearest.map { "did you mean \(arguments[0]) \($0)?" } ?? "one of " + actions.joined(separator: ", ")
            throw UsageError(message: "\(found); \(hint)", command: nil)
        }
        let names = Set(all.map { String($0.name.prefix { $0 != " " }) })
        let nearest = Suggestion.nearest(to: arguments[0], among: names)
        throw UsageError(
            message: "there is no command \"\(arguments[0])\"" + (nearest.map { "; did you mean \($0)?" } ?? ""),
            command: nil)
    }
}
