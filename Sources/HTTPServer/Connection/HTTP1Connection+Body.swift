import HTTPProtocol
import Networking
import Telemetry

extension HTTP1Connection {
    func startBody(_ number: Int, _ decoder: BodyDecoder, _ sink: IncomingBody.Sink) {
        body = IncomingBody(exchange: number, decoder: decoder, sink: sink)
        setDeadline(.body, after: context.settings.bodyTimeout)
    }

    /// Reads past a body that nobody wants, unless that costs more than a new connection.
    func discardBody(_ number: Int, _ head: RequestHead) {
        guard head.framing != .none, phase == .reading else { return }
        // A client that was not told to continue may send the body or not: what follows cannot be told apart.
        if head.expectation == .continue { return closeAfter(number) }
        do throws(HTTP1Error) {
            let decoder = try BodyDecoder(head.framing, maximumBytes: IncomingBody.maximumDiscardedBytes)
            startBody(number, decoder, .discarded)
        } catch {
            closeAfter(number)
        }
    }

    func refuseWithBody(_ number: Int, _ fault: HTTPFault, _ head: RequestHead) {
        discardBody(number, head)
        refuse(exchange: number, fault, closing: false)
    }

    /// The handler of an incremental route has returned, or answered, without taking the body.
    func settleUndecidedBody(_ number: Int) {
        guard let current = body, current.exchange == number, case .undecided = current.sink else { return }
        body = nil
        clearDeadline()
        guard !current.decoder.isComplete, let index = index(of: number), let head = exchanges[index].head else {
            return
        }
        discardBody(number, head)
    }

    /// See ``Responder/receiveBody(_:)``.
    func receiveBody(exchange number: Int, _ consumer: any BodyConsumer) {
        guard let current = body, current.exchange == number, case .undecided(let limit) = current.sink else {
            return consumer.aborted(hasPeerClosed ? .disconnected : .answered)
        }
        guard !current.decoder.isComplete else {
            body = nil
            clearDeadline()
            return consumer.finished()
        }
        body?.sink = .consumer(consumer, limit: limit)
        if exchanges[number - firstExchange].head?.expectation == .continue { owe100Continue(number) }
    }

    /// - Returns: how many bytes belong to the body.
    func receiveBody(_ bytes: Span<UInt8>) -> Int {
        guard var current = body else { return 0 }
        do throws(HTTP1Error) {
            var piece: [UInt8] = []
            let isBuffered = if case .buffered = current.sink { true } else { false }
            let used =
                isBuffered
                ? try current.decoder.decode(bytes, into: &bufferedBody)
                : try current.decoder.decode(bytes, into: &piece)
            let isComplete = current.decoder.isComplete
            body = isComplete ? nil : current
            if isComplete { clearDeadline() }
            deliver(piece, isComplete: isComplete, to: current)
            if isComplete, phase == .reading { setIdleDeadline() }
            return used
        } catch {
            refuseBody(error, current)
            return bytes.count
        }
    }

    private func deliver(_ piece: [UInt8], isComplete: Bool, to current: IncomingBody) {
        switch current.sink {
        case .discarded, .undecided: return
        case .consumer(let consumer, _):
            if !piece.isEmpty { consumer.receive(piece) }
            // The consumer may have answered meanwhile, and then has been told that this is the end.
            if isComplete, isWaiting(exchange: current.exchange) { consumer.finished() }
        case .buffered(let route, let parameters, _):
            guard isComplete, isWaiting(exchange: current.exchange),
                let head = exchanges[current.exchange - firstExchange].head
            else { return }
            var request = request(head, route, parameters, current.exchange)
            request.body = bufferedBody
            bufferedBody = []
            dispatch(current.exchange, request)
        }
    }

    /// Ends the body without its end.
    func abandonBody(_ reason: BodyAbort) {
        guard let current = body else { return }
        body = nil
        bufferedBody = []
        if case .consumer(let consumer, _) = current.sink { consumer.aborted(reason) }
    }

    /// The bytes are no request: one answer after those that wait, then the end.
    func refuseBytes(_ error: HTTP1Error) {
        context.metrics.parseErrors.increment()
        refuseWithoutHead(.unreadable(error))
    }

    /// Answers something that is no readable request, after the answers before it.
    func refuseWithoutHead(_ fault: HTTPFault) {
        phase = .discarding
        clearDeadline()
        let number = firstExchange + exchanges.count
        exchanges.append(
            Exchange(
                head: nil, requestID: context.requestID(for: nil), metricsIndex: context.router.routes.count,
                closes: true))
        refuse(exchange: number, fault, closing: true)
    }

    private func refuseBody(_ error: HTTP1Error, _ current: IncomingBody) {
        let fault: HTTPFault
        switch (error, current.sink) {
        case (.bodyTooLarge, .buffered(_, _, let limit)), (.bodyTooLarge, .consumer(_, let limit)):
            fault = .contentTooLarge(limit: limit)
        default:
            fault = .unreadable(error)
        }
        if error != .bodyTooLarge { context.metrics.parseErrors.increment() }
        endBody(with: fault, current.exchange)
    }

    /// The body will not come to its end: answers if an answer is due, and closes.
    func endBody(with fault: HTTPFault, _ number: Int) {
        clearDeadline()
        phase = .discarding
        abandonBody(.refused(fault))
        if isWaiting(exchange: number) {
            refuse(exchange: number, fault, closing: true)
        } else {
            closeAfter(number)
        }
    }

    /// The client has closed its half: no request comes any more, and one that is incomplete stays so. While reading is
    /// paused, whole requests may still wait to be read.
    func endAfterPeerClose() {
        guard !isReadingPaused else { return }
        if body != nil {
            abandonBody(.disconnected)
            abort()
        } else if exchanges.isEmpty {
            finish()
        } else {
            closeAfter(firstExchange + exchanges.count - 1)
        }
    }
}
