/// `tideline workspace create|list`.
enum WorkspaceCommand {
    static func create(_ options: WorkspaceCreateOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let workspace = try context.withSession(options.configuration) { session throws(CommandFailure) in
            try session.client.createWorkspace(slug: options.slug, timeZone: options.timeZone, name: options.name)
        }
        guard let workspace else { throw CommandFailure("there is a workspace named \"\(options.slug)\" already") }
        if options.isJSON {
            try context.console.write(workspace.json + [UInt8(ascii: "\n")])
        } else {
            try context.console.write(line: "created \(workspace.slug) (id \(workspace.id), \(workspace.timeZone))")
        }
        return 0
    }

    static func list(_ options: WorkspaceListOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let workspaces = try context.withSession(options.configuration) { session throws(CommandFailure) in
            try session.client.workspaces()
        }
        if options.isJSON {
            try context.console.write(JSONList.bytes(workspaces.map(\.json)))
        } else {
            var table = TextTable(["SLUG", "ID", "ZONE", "HEAD", "FLOOR", "STREAMS"])
            for workspace in workspaces {
                table.add([
                    workspace.slug, workspace.id, workspace.timeZone, "\(workspace.head)", "\(workspace.floor)",
                    "\(workspace.connections)",
                ])
            }
            try context.console.write(table.bytes)
        }
        return 0
    }
}
