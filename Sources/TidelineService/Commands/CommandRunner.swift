/// Runs the program: parses the command line and does what it says.
///
/// ```swift
/// exit(CommandRunner.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.variables()))
/// ```
package enum CommandRunner {
    /// The status of a command line that is not understood.
    private static let wrongUsage: Int32 = 2

    /// - Parameters:
    ///   - arguments: those behind the program's name.
    ///   - console: nil: the process's own.
    ///   - serve: runs the server until it is told to end, and gives the exit status.
    /// - Returns: 0 done, 1 failed, 2 wrong usage.
    package static func run(
        _ arguments: [String], environment: [String: String], console: Console? = nil,
        serve: (ServeOptions, [String: String]) -> Int32 = ServeCommand.run(_:environment:)
    ) -> Int32 {
        let command: Command
        let console = console ?? .standard()
        do throws(UsageError) {
            command = try Command.parse(arguments)
        } catch {
            console.say(error.description)
            return wrongUsage
        }
        if case .serve(let options) = command { return serve(options, environment) }
        do throws(CommandFailure) {
            return try perform(command, CommandContext(environment: environment, console: console))
        } catch .outputClosed {
            return 0
        } catch {
            console.say(error.description)
            return 1
        }
    }

    private static func perform(_ command: Command, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        switch command {
        case .serve: preconditionFailure("serve is run by the caller")
        case .token(let options): try TokenCommand.run(options, context)
        case .keyCreate(let options): try KeyCommand.create(options, context)
        case .keyList(let options): try KeyCommand.list(options, context)
        case .keyRevoke(let options): try KeyCommand.revoke(options, context)
        case .workspaceCreate(let options): try WorkspaceCommand.create(options, context)
        case .workspaceList(let options): try WorkspaceCommand.list(options, context)
        case .tail(let options): try TailCommand.run(options, context)
        case .send(let options): try SendCommand.run(options, context)
        case .connectionsList(let options): try ConnectionsCommand.list(options, context)
        case .connectionsClose(let options): try ConnectionsCommand.close(options, context)
        case .importEvents(let options): try ImportCommand.run(options, context)
        case .exportEvents(let options): try ExportCommand.run(options, context)
        case .backup(let options): try BackupCommand.run(options, context)
        case .restore(let options): try RestoreCommand.run(options, context)
        case .doctor(let options): try DoctorCommand.run(options, context)
        case .checkConfiguration(let options): try checkConfiguration(options, context)
        case .version(let isJSON): try version(isJSON: isJSON, context)
        case .help(let text): try help(text, context)
        }
    }

    private static func checkConfiguration(
        _ options: CheckConfigurationOptions, _ context: CommandContext
    ) throws(CommandFailure) -> Int32 {
        let outcome = CheckConfigurationCommand.run(options, environment: context.environment)
        if !outcome.standardError.isEmpty { context.console.say(raw: outcome.standardError) }
        try context.console.write(Array(outcome.standardOutput.utf8))
        return outcome.status
    }

    private static func version(isJSON: Bool, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let text = ProductVersion.text
        try context.console.write(line: isJSON ? "{\"name\":\"tideline\",\"version\":\"\(text)\"}" : "tideline \(text)")
        return 0
    }

    private static func help(_ text: String, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        try context.console.write(Array(text.utf8))
        return 0
    }
}

/// What every action is given besides its options.
struct CommandContext: Sendable {
    let environment: [String: String]
    let console: Console

    /// Loads the configuration that `options` name.
    func configuration(_ options: ConfigurationOptions) throws(CommandFailure) -> ServiceConfiguration {
        do throws(ConfigurationFailure) {
            return try options.load(environment: environment).configuration
        } catch {
            throw CommandFailure(error.description)
        }
    }

    /// Does `body` with a way to the log, and closes it behind.
    func withSession<Result>(
        _ options: ConfigurationOptions, makesLog: Bool = true,
        _ body: (ControlSession) throws(CommandFailure) -> Result
    ) throws(CommandFailure) -> Result {
        let session = try ControlSession.open(try configuration(options), makesLog: makesLog)
        defer { session.close() }
        return try body(session)
    }
}
