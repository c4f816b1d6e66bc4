import Events
import HTTPProtocol

/// `tideline connections list|close`.
enum ConnectionsCommand {
    static func list(_ options: ConnectionsListOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let client = try ControlClient.ofRunningServer(try context.configuration(options.configuration))
        let workspace = try client.workspace(named: options.workspace.text)
        let whose = options.user.map { "&user=" + PercentCoding.encode($0.text) } ?? ""
        let target = "\(realtime(workspace))/connections?limit=1000\(whose)"
        let listing = try document(of: try client.exchange(.get(target))).root
        let connections = listing["connections"].map { Array($0.elements) } ?? []
        if options.isJSON {
            try context.console.write(JSONList.bytes(connections.map { Array($0.rawBytes) }))
        } else {
            try context.console.write(table(connections).bytes)
        }
        let total = listing["total"]?.integer ?? 0
        if total > connections.count {
            context.console.say("tideline: the oldest \(connections.count) of \(total) are shown")
        }
        if listing["complete"]?.bool == false {
            context.console.say("tideline: the server is busy; some streams may be missing")
        }
        return 0
    }

    static func table(_ connections: [JSONValue]) -> TextTable {
        var table = TextTable(["ID", "USER", "ADDRESS", "AGE", "POSITION", "LAG", "UNSENT", "STATE"])
        for connection in connections {
            let lag = connection["lagEvents"]?.integer ?? 0
            let waiting = connection["lagBytes"]?.integer ?? 0
            table.add([
                connection["connectionId"]?.string ?? "", connection["userId"]?.string ?? "",
                connection["address"]?.string ?? "", age(connection["ageMs"]?.integer ?? 0),
                connection["position"]?.string ?? "", waiting > 0 ? "\(lag) (\(size(waiting)))" : "\(lag)",
                size(connection["unsentBytes"]?.integer ?? 0), connection["state"]?.string ?? "",
            ])
        }
        return table
    }

    static func close(_ options: ConnectionsCloseOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let client = try ControlClient.ofRunningServer(try context.configuration(options.configuration))
        let workspace = try client.workspace(named: options.workspace.text)
        let reply = try client.exchange(ClientRequest("DELETE", target(options, workspace)))
        if case .one(let id) = options.target, reply.status == 404 {
            throw CommandFailure(
                "there is no stream \(id) in \(workspace.slug); see: tideline connections list --workspace \(workspace.slug)"
            )
        }
        let answer = try document(of: reply).root
        if answer["complete"]?.bool == false {
            context.console.say("tideline: the server is busy; more may be closed in a moment")
        }
        if options.isJSON {
            try context.console.write(reply.body + [UInt8(ascii: "\n")])
        } else {
            try context.console.write(line: "closed \(answer["closedCount"]?.integer ?? 0)")
        }
        return 0
    }

    private static func target(_ options: ConnectionsCloseOptions, _ workspace: WorkspaceSummary) -> String {
        var target = realtime(workspace)
        var query: [String] = []
        switch options.target {
        case .one(let id): target += "/connections/" + PercentCoding.encode(id)
        case .user(let user): query.append("user=" + PercentCoding.encode(user.text))
        case .all: break
        }
        if let hold = options.hold { query.append("hold=" + DurationText.format(hold)) }
        if options.isFinal { query.append("final=true") }
        return query.isEmpty ? target : target + "?" + query.joined(separator: "&")
    }

    private static func realtime(_ workspace: WorkspaceSummary) -> String {
        "/api/workspaces/\(PercentCoding.encode(workspace.id))/analytics/realtime"
    }

    private static func document(of reply: HTTPReply) throws(CommandFailure) -> JSONDocument {
        guard reply.isSuccess else { throw CommandFailure(reply) }
        do throws(JSONError) {
            return try JSONDocument(scanning: reply.body, limits: .stored)
        } catch {
            throw CommandFailure("the server's answer is not JSON; is it of another version?")
        }
    }

    /// Two units at most: `3d 4h`, `12m 5s`.
    static func age(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h \(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d \(seconds / 3600 % 24)h"
        }
    }

    /// Rounded down to the largest unit that fits.
    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1024: "\(bytes)B"
        case ..<1_048_576: "\(bytes / 1024)KiB"
        default: "\(bytes / 1_048_576)MiB"
        }
    }
}
