import Events

/// `tideline export`: the log to standard output, a page at a time, up to the head at the start.
enum ExportCommand {
    /// As many as the server gives at once.
    private static let pageEvents = 1000

    static func run(_ options: ExportOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        try context.withSession(options.configuration, makesLog: false) { session throws(CommandFailure) in
            try export(options, from: session.client, to: context.console)
        }
        return 0
    }

    static func export(
        _ options: ExportOptions, from client: ControlClient, to console: Console
    ) throws(CommandFailure) {
        let workspaces =
            if let name = options.workspace { [try client.workspace(named: name.text)] } else {
                try client.workspaces()
            }
        if options.format == .csv { try console.write(CSVRow.header) }
        for workspace in workspaces {
            if options.from <= workspace.floor, workspace.floor > 0 {
                console.say("\(workspace.slug): events up to seq \(workspace.floor) are no longer kept")
            }
            try export(workspace, options, from: client, to: console)
        }
    }

    private static func export(
        _ workspace: WorkspaceSummary, _ options: ExportOptions, from client: ControlClient, to console: Console
    ) throws(CommandFailure) {
        var position = max(options.from - 1, workspace.floor)
        while position < workspace.head {
            let reply = try client.events(of: workspace, after: position, limit: pageEvents)
            guard reply.status == 200 else { throw CommandFailure(reply) }
            let page = try LogPage(reply.body)
            try console.write(try lines(page, reply.body, options.format))
            // A page without an end ahead would be asked for for ever.
            guard page.next > position else {
                throw CommandFailure("\(workspace.slug): the server gives nothing behind seq \(position)")
            }
            position = page.next
        }
    }

    private static func lines(
        _ page: LogPage, _ body: [UInt8], _ format: ExportOptions.Format
    ) throws(CommandFailure) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(body.count + page.events.count)
        for event in page.events {
            switch format {
            case .ndjson:
                lines += body[event]
                lines.append(UInt8(ascii: "\n"))
            case .csv: CSVRow.append(Array(body[event]), to: &lines)
            }
        }
        return lines
    }
}

/// A page of the log: where its events lie in the answer, and the seq it reaches.
struct LogPage {
    let events: [Range<Int>]
    let next: SequenceNumber

    init(_ body: [UInt8]) throws(CommandFailure) {
        var events: [Range<Int>]?
        var next: SequenceNumber?
        let isObject = JSONSkimmer.members(of: body.span) { key, value in
            if body[key].elementsEqual("events".utf8) { events = JSONSkimmer.elements(of: body.span, in: value) }
            if body[key].elementsEqual("next".utf8), value.count > 2 {
                let text = String(decoding: body[value].dropFirst().dropLast(), as: UTF8.self)
                next = StreamPosition(text)?.sequence
            }
        }
        guard isObject, let events, let next else {
            throw CommandFailure("the server's page of events is not understood; is it of another version?")
        }
        self.events = events
        self.next = next
    }
}
