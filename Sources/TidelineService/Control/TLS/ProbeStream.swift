import ServerSentEvents

/// An open event stream through a URL, read as it comes.
final class ProbeStream {
    private let connection: ProbeConnection
    private var reader = ReplyReader()
    private var parser: EventStreamParser
    /// Bytes of the body that were parsed.
    private var parsed = 0
    private var waiting: [ServerSentEvent] = []
    /// Whether the peer has ended it.
    private(set) var isEnded = false
    /// The last id seen.
    var position: String { parser.lastEventID }

    /// - Parameter connection: whose silence bounds how late a deadline is noticed.
    init(
        _ connection: ProbeConnection, _ target: String, _ fields: [String], after position: String? = nil
    ) throws(CommandFailure) {
        self.connection = connection
        parser = EventStreamParser(lastEventID: position ?? "")
        let resumption = position.map { ["Last-Event-ID: \($0)"] } ?? []
        try connection.send("GET", target, ["Accept: text/event-stream"] + fields + resumption)
    }

    /// The head of the answer, or nil when it did not come in time. After an error status it has the body as well.
    func head(until deadline: ContinuousClock.Instant) throws(CommandFailure) -> HTTPReply? {
        while reader.reply.status == 0, !isEnded, ContinuousClock.now < deadline { try receive() }
        if reader.reply.status >= 400 {
            while !reader.isComplete, !isEnded, ContinuousClock.now < deadline { try receive() }
        }
        return reader.reply.status == 0 ? nil : reader.reply
    }

    /// The next event that `matches`; those before it are dropped. nil when it did not come in time.
    func next(
        until deadline: ContinuousClock.Instant, where matches: (ServerSentEvent) -> Bool
    ) throws(CommandFailure) -> ServerSentEvent? {
        while true {
            if let index = waiting.firstIndex(where: matches) {
                let event = waiting[index]
                waiting.removeSubrange(...index)
                return event
            }
            waiting = []
            guard !isEnded, ContinuousClock.now < deadline else { return nil }
            try receive()
        }
    }

    private func receive() throws(CommandFailure) {
        do throws(ClientFailure) {
            let bytes = try connection.receive()
            if bytes.isEmpty || reader.isComplete {
                isEnded = true
                return
            }
            _ = try reader.receive(bytes)
        } catch .timedOut {
            return
        } catch .broken, .closed {
            isEnded = true
            return
        } catch {
            throw CommandFailure(error.description)
        }
        if reader.isComplete { isEnded = true }
        try parse()
    }

    private func parse() throws(CommandFailure) {
        let body = reader.reply.body
        guard body.count > parsed, reader.reply.isSuccess else { return }
        do throws(EventStreamError) {
            waiting += try parser.receive(Array(body[parsed...]))
        } catch {
            throw CommandFailure("the stream is not understood: \(error)")
        }
        parsed = body.count
    }
}
