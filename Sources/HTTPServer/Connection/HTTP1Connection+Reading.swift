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
        let match = context.router.match(head, isLocalControl: isLocalControl)
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
                if case .length(let length) = head.framing { bufferedBody.reserveCapacity(min(length, 65_536)) }
                startBody(number, decoder, .buffered(route, parameters, limit: limit))
                if head.expectation == .continue { owe100Continue(number) }
            case .incremental(let limit):
                let decoder = try BodyDecoder(head.framing, maximumBytes: limit)
                startBody(number, decoder, .undecided(limit: limit))
                dispatch(number, request(head, route, parameters, number))
                settleUndecidedBody(number)
            }
        } catch {
            // The one error of a decoder that has read nothing: Content-Length says too much.
            refuse(exchange: number, .contentTooLarge(limit: route.body.limit), closing: true)
        }
    }

    func request(_ head: RequestHead, _ route: Route, _ parameters: PathParameters, _ number: Int) -> Request {
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
