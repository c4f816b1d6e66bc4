import HTTPProtocol
import Networking
import Telemetry

extension HTTP1Connection {
    /// Whether another request may be read now.
    private var mayReadHead: Bool {
        exchanges.count < context.settings.maximumPipelined
            && connection.queuedBytes < context.settings.maximumUnsentBytes
            && exchanges.last?.mayStream != true
    }

    /// Reads as many requests as are there and allowed.
    /// - Returns: how many bytes are done with.
    func receive(_ raw: RawSpan) -> Int {
        isReceiving = true
        defer { isReceiving = false }
        let bytes = Span<UInt8>(_bytes: raw)
        var used = 0
        while used < bytes.count {
            switch phase {
            case .discarding, .detached: return bytes.count
            case .reading: break
            }
            let rest = bytes.extracting(used..<bytes.count)
            if body != nil {
                used += receiveBody(rest)
                continue
            }
            if exchanges.last?.closes == true {
                phase = .discarding
                return bytes.count
            }
            guard mayReadHead else {
                pauseReading()
                return used
            }
            let count = receiveHead(rest)
            if count == 0 { break }
            used += count
        }
        if hasPeerClosed, phase == .reading { endAfterPeerClose() }
        return phase == .reading ? used : bytes.count
    }

    /// Reads on after answers have made room.
    func continueReading() {
        guard phase == .reading, isReadingPaused, mayReadHead else { return }
        resumeReading()
    }

    private func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        connection.pauseReading()
        guard connection.queuedBytes >= context.settings.maximumUnsentBytes else { return }
        // What is queued leaves at the end of this turn, and unless the socket is full nobody tells. The mailbox may be
        // emptied in this turn before that; what it is given then waits for the next one.
        let later = LoopBound(self, loop: loop)
        loop.execute { later.loop.execute { later.value.continueReading() } }
    }

    // MARK: Head

    /// - Returns: the bytes of the head; 0 when it is not complete or refused.
    private func receiveHead(_ bytes: Span<UInt8>) -> Int {
        do throws(HTTP1Error) {
            switch try parser.parse(bytes) {
            case .needMore:
                if exchanges.isEmpty, deadline.waiting != .head {
                    setDeadline(.head, after: context.settings.headTimeout)
                }
                return 0
            case .head(let head, let consumed):
                clearDeadline()
                begin(head)
                return consumed
            }
        } catch {
            refuseBytes(error)
            return 0
        }
    }

    private func begin(_ head: RequestHead) {
        let number = firstExchange + exchanges.count
        let match = context.router.match(head)
        var exchange = Exchange(
            head: head, requestID: context.requestID(for: head), metricsIndex: context.router.routes.count,
            closes: !head.isPersistent)
        if case .route(let route, _) = match {
            exchange.metricsIndex = route.index
            exchange.mayStream = route.isStream
        }
        exchanges.append(exchange)
        if head.expectation == .unknown { return refuseWithBody(number, .expectationFailed, head) }
        switch match {
        case .fault(let fault): refuseWithBody(number, fault, head)
        case .options(let allow):
            discardBody(number, head)
            answer(exchange: number, context.application.response(toOptions: allow, head: head))
        case .route(let route, let parameters): begin(number, head, route, parameters)
        }
    }

    private func begin(_ number: Int, _ head: RequestHead, _ route: Route, _ parameters: PathParameters) {
        do throws(HTTP1Error) {
            switch route.body {
            case .none:
                discardBody(number, head)
                dispatch(number, request(head, route, parameters, number))
            case .buffered(let limit):
                let decoder = try BodyDecoder(head.framing, maximumBytes: limit)
                guard !decoder.isComplete else { return dispatch(number, request(head, route, parameters, number)) }
                startBody(number, decoder, .buffered(route, parameters, limit: limit))
                if head.expectation == .continue { owe100Continue(number) }
            case .incremental(let limit):
                let decoder = try BodyDecoder(head.framing, maximumBytes: limit)
                startBody(number, decoder, .undecided(limit: limit))
                dispatch(number, request(head, route, parameters, number))
                settleUndecidedBody(number, head)
            }
        } catch {
            // The one error of a decoder that has read nothing: Content-Length says too much.
            refuse(exchange: number, .contentTooLarge(limit: route.body.limit), closing: true)
        }
    }

    private func request(_ head: RequestHead, _ route: Route, _ parameters: PathParameters, _ number: Int) -> Request {
        Request(
            head: head, route: route, parameters: parameters, body: [], peer: connection.peer, loop: loop,
            requestID: exchanges[number - firstExchange].requestID, isLocalControl: isLocalControl)
    }

    /// Hands a request to the application; one that may stream waits until it is alone.
    func dispatch(_ number: Int, _ request: Request) {
        if request.route.isStream, number != firstExchange {
            deferred = request
            return
        }
        context.application.respond(to: request, with: Responder(self, exchange: number))
    }

    // MARK: Body

    private func startBody(_ number: Int, _ decoder: BodyDecoder, _ sink: IncomingBody.Sink) {
        body = IncomingBody(exchange: number, decoder: decoder, sink: sink)
        setDeadline(.body, after: context.settings.bodyTimeout)
    }

    /// Reads past a body that nobody wants, unless that costs more than a new connection.
    private func discardBody(_ number: Int, _ head: RequestHead) {
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

    private func refuseWithBody(_ number: Int, _ fault: HTTPFault, _ head: RequestHead) {
        discardBody(number, head)
        refuse(exchange: number, fault, closing: false)
    }

    /// The handler of an incremental route has returned without taking the body.
    private func settleUndecidedBody(_ number: Int, _ head: RequestHead) {
        guard let current = body, current.exchange == number, case .undecided = current.sink else { return }
        body = nil
        clearDeadline()
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
    private func receiveBody(_ bytes: Span<UInt8>) -> Int {
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

    // MARK: Refusals

    /// The bytes are no request: one answer after those that wait, then the end.
    private func refuseBytes(_ error: HTTP1Error) {
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

extension Route.BodyPolicy {
    /// How much body the route takes, in bytes.
    var limit: Int {
        switch self {
        case .none: 0
        case .buffered(let limit), .incremental(let limit): limit
        }
    }
}
