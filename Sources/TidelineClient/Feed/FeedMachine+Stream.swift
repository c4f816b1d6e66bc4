import ServerSentEvents

/// The answer to a stream request, and the stream itself.
extension FeedMachine {
    /// The head of any answer.
    mutating func receivedHead(_ head: TransportHead, _ goal: Goal, _ until: Duration) {
        self.head = head
        if isStream(head, goal) {
            hasRefreshed = false
            parser = EventStreamParser(lastEventID: position)
        } else if goal == .stream, head.status == 204 {
            close(.administrator)
        } else if !isExpected(head, goal) {
            // The start of the body is for the error alone; it is not worth a long wait.
            phase = .awaiting(goal, until: min(until, now + .seconds(2)))
        }
    }

    private func isStream(_ head: TransportHead, _ goal: Goal) -> Bool {
        goal == .stream && head.status == 200 && head.isEventStream
    }

    /// Whether the answer is what was asked for.
    func isExpected(_ head: TransportHead, _ goal: Goal) -> Bool {
        goal == .stream ? isStream(head, goal) : StatusRule(head.status) == .success
    }

    mutating func receivedBytes(_ bytes: [UInt8], _ goal: Goal) {
        guard let head else { return }
        if isStream(head, goal) {
            phase = .streaming(
                StreamLife(idleUntil: now + idleTimeout, provenAt: now + settings.provenAfter))
            return read(bytes)
        }
        body += bytes
        let limit = isExpected(head, goal) ? FeedSettings.bodyLimit : AnalyticsError.bodyLimit
        if body.count >= limit { answered(goal, head) }
    }

    /// The transfer ended before a stream began, or with the answer to a poll.
    mutating func ended(_ goal: Goal, _ error: (any Error)?) {
        guard let head else {
            return lost(.failure(error.map(Self.broken) ?? AnalyticsError(.transport, "the connection ended")))
        }
        if isExpected(head, goal), let error { return lost(.failure(Self.broken(error))) }
        if isStream(head, goal) { return lost(.ended) }
        answered(goal, head)
    }

    /// An answer that is no stream is complete, or as much of it as is wanted.
    mutating func answered(_ goal: Goal, _ head: TransportHead) {
        cancel()
        let refusal = AnalyticsError(.refused, "the server answered \(head.status)", head, body: body)
        switch StatusRule(head.status) {
        case .success where goal == .stream:
            let type = head["Content-Type"] ?? "nothing"
            let message = "the answer \(head.status) is \(type) instead of text/event-stream"
            lost(.failure(AnalyticsError(.unexpectedContentType, message, head, body: body)))
        case .success:
            polled(goal, head)
        case .unauthorized:
            if refreshToken(goal) { return }
            close(.failure(AnalyticsError(.unauthorized, "the server accepts no token of ours", head, body: body)))
        case .retry:
            lost(.failure(refusal), hold: refusal.retryAfter)
        case .terminal:
            if goal == .log, leavePosition(refusal) { return }
            close(.failure(refusal))
        }
    }

    /// The next bytes of the stream.
    mutating func read(_ bytes: [UInt8]) {
        guard case .streaming(var life) = phase else { return }
        life.idleUntil = now + idleTimeout
        phase = .streaming(life)
        var events: [ServerSentEvent] = []
        var failure: EventStreamError?
        do throws(EventStreamError) {
            try parser.receive(bytes, into: &events)
        } catch {
            failure = error
        }
        if let retry = parser.retry { backoff.base = .milliseconds(retry) }
        for event in events {
            guard deliver(event) else { return }
        }
        if let failure {
            return lost(.failure(AnalyticsError(.malformed, "the stream is not readable", underlying: failure)))
        }
        if parser.lastEventID != position {
            position = parser.lastEventID
            emit(.deliver(.position(position)))
        }
    }

    /// - Returns: whether the stream goes on.
    private mutating func deliver(_ event: ServerSentEvent) -> Bool {
        guard case .streaming(var life) = phase else { return false }
        position = event.id ?? ""
        if event.type == "closing" {
            emit(.deliver(.block(event)))
            // Without a reason, it is an end like any other.
            let closing = try? WireFormat.decode(AnalyticsEvent.Closing.self, from: event.data.utf8)
            lost(closing.map { .closing(reason: $0.reason) } ?? .ended, hold: closing?.retryAfter)
            return false
        }
        if !life.isOpen {
            life.isOpen = true
            isPolling = false
            streamDue = nil
            enter(.open)
        }
        emit(.deliver(.block(event)))
        switch event.type {
        case "connected":
            // Undecodable, it is delivered as such, and the heartbeat stays what it was.
            let connected = try? WireFormat.decode(AnalyticsEvent.Connected.self, from: event.data.utf8)
            idleTimeout = settings.idleTimeout(heartbeat: connected?.heartbeat)
            life.idleUntil = now + idleTimeout
        case "reset":
            break
        case "stats":
            // Newer than what the tag stands for: "not modified" would leave the reader with these.
            entityTag = nil
            fallthrough
        default:
            life.hasProven = true
            life.provenAt = nil
            failures = 0
            streamFailures = 0
        }
        phase = .streaming(life)
        return true
    }
}
