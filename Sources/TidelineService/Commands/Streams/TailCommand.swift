import Broadcast
import Events
import HTTPProtocol
import Networking

/// `tideline tail`: follows a workspace's live stream until it is told to end.
enum TailCommand {
    static func run(_ options: TailOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        let client = try ControlClient.ofRunningServer(configuration)
        let workspace = try client.workspace(named: options.workspace.text)
        client.http.close()
        let address = client.http.address
        let target = target(of: workspace, options)
        let output = TailOutput(context.console, isJSON: options.isJSON)
        output.endWithReader()
        var follower = TailFollower(
            workspace: workspace.slug, user: options.user, output: output, position: position(options.start, workspace)
        ) { (position) throws(ClientFailure) in
            try BlockingEventStream(target, at: address, lastEventID: position)
        }
        if context.console.isTerminal, context.console.outputColumns() != nil {
            context.console.say("following \(workspace.slug); Ctrl-C ends it")
        }
        try follower.run()
    }

    private static func position(_ start: TailOptions.Start, _ workspace: WorkspaceSummary) -> String? {
        switch start {
        case .now: nil
        case .after(let position): position.description
        case .afterSequence(let sequence): StreamPosition(epoch: workspace.epoch, sequence: sequence).description
        }
    }

    static func target(of workspace: WorkspaceSummary, _ options: TailOptions) -> String {
        var target = "/api/workspaces/\(PercentCoding.encode(workspace.id))/analytics/realtime"
        target += options.wantsStats ? "?stats=on" : "?stats=off"
        if let filter = options.filter {
            target += "&types=" + PercentCoding.encode(filter.patterns.joined(separator: ","))
        }
        return target
    }
}
