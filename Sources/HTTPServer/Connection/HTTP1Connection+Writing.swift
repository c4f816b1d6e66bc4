import HTTPProtocol
import Networking

extension HTTP1Connection {
    /// Bodies from this size on are queued beside their head instead of being copied behind it.
    private static let copiedBodyBytes = 8_192

    func isWaiting(exchange number: Int) -> Bool {
        guard phase != .detached, let index = index(of: number) else { return false }
        return exchanges[index].isWaiting
    }

    // MARK: Answers

    /// Answers one exchange; its bytes leave at the end of the turn, after those of the exchanges before it.
    func answer(exchange number: Int, _ response: Response) {
        guard let index = waitingIndex(of: number) else { return }
        settleUndecidedBody(number)
        let status = response.status
        let isHeadRequest = exchanges[index].head?.method == .head
        let framing: ResponseEncoder.Framing = status.forbidsBody ? .none : .length(response.body.count)
        var output = encode(response.head, framing, at: index, extraCapacity: response.body.count)
        if status.forbidsBody || isHeadRequest || response.body.isEmpty {
            complete(index, status, [output])
        } else if response.body.count < Self.copiedBodyBytes {
            output += response.body
            complete(index, status, [output])
        } else {
            complete(index, status, [output, response.body])
        }
    }

    /// Answers with a fault in the application's form.
    func refuse(exchange number: Int, _ fault: HTTPFault, closing: Bool) {
        guard let index = waitingIndex(of: number) else { return }
        if closing {
            exchanges[index].closes = true
            phase = .discarding
        }
        var response = context.application.response(to: fault, head: exchanges[index].head)
        if let allowed = fault.allowed { response.fields.appendIfAbsent(.allow, allowed) }
        answer(exchange: number, response)
    }

    /// See ``Responder/respondWithStreamHead(_:)``.
    func answerWithStreamHead(exchange number: Int, _ head: ResponseHead) {
        guard let index = waitingIndex(of: number) else { return }
        let isChunked = exchanges[index].head?.version == .http11
        complete(index, head.status, [encode(head, isChunked ? .chunked : .untilClose, at: index)])
    }

    /// Lets the connection end after the answer to that exchange; nothing behind it is read.
    func closeAfter(_ number: Int) {
        guard phase != .detached else { return }
        phase = .discarding
        guard let index = index(of: number) else {
            if exchanges.isEmpty { finish() }
            return
        }
        exchanges[index].closes = true
    }

    /// Tells the client to send its body, once the answers before it have been written.
    func owe100Continue(_ number: Int) {
        guard let index = index(of: number) else { return }
        exchanges[index].owesContinue = true
        writeContinueIfDue()
    }

    func index(of number: Int) -> Int? {
        let index = number - firstExchange
        return exchanges.indices.contains(index) ? index : nil
    }

    private func waitingIndex(of number: Int) -> Int? {
        guard phase != .detached, let index = index(of: number), exchanges[index].isWaiting else { return nil }
        return index
    }

    private func encode(
        _ head: ResponseHead, _ framing: ResponseEncoder.Framing, at index: Int, extraCapacity: Int = 0
    ) -> [UInt8] {
        var head = head
        if let request = exchanges[index].head { context.application.decorate(&head, to: request) }
        if index == exchanges.count - 1, mustCloseAfterLast { exchanges[index].closes = true }
        let persistence: ResponseEncoder.Persistence =
            if exchanges[index].closes || framing == .untilClose {
                .close
            } else if exchanges[index].head?.version == .http10 {
                .keepAlive
            } else {
                .implied
            }
        if persistence == .close { exchanges[index].closes = true }
        var output: [UInt8] = []
        output.reserveCapacity(192 + head.fields.bytes.count + min(extraCapacity, Self.copiedBodyBytes))
        ResponseEncoder.append(
            head, framing: framing, persistence: persistence, date: context.date(),
            requestID: exchanges[index].requestID, to: &output)
        return output
    }

    /// Whether nothing may follow the answer to the last request.
    private var mustCloseAfterLast: Bool {
        // Only of a body that nobody wants, the rest is read past.
        if let body, !body.isDiscarded { return true }
        return context.isDraining || hasPeerClosed && !isReadingPaused
    }

    private func complete(_ index: Int, _ status: Status, _ output: [[UInt8]]) {
        context.countAnswer(status, metricsIndex: exchanges[index].metricsIndex)
        exchanges[index].state = .answered(output)
        if index == 0 { writeAnswers() }
    }

    /// Queues the answers whose turn has come, and goes on with what waited for them.
    private func writeAnswers() {
        while let first = exchanges.first, case .answered(let output) = first.state {
            for piece in output { connection.write(piece) }
            exchanges.removeFirst()
            firstExchange += 1
            if first.closes {
                abandonBody(.answered)
                exchanges.removeAll()
                return finish()
            }
        }
        writeContinueIfDue()
        if let request = deferred, exchanges.count == 1 {
            deferred = nil
            dispatch(firstExchange, request)
            guard phase == .reading else { return }
        }
        setIdleDeadline()
        if !isReceiving { continueReading() }
    }

    private func writeContinueIfDue() {
        guard let first = exchanges.first, first.owesContinue, first.isWaiting else { return }
        exchanges[0].owesContinue = false
        var output: [UInt8] = []
        ResponseEncoder.appendContinue(to: &output)
        connection.write(output)
    }

    // MARK: Streams

    /// See ``Responder/startStream(_:firstBytes:delegate:)``.
    func startStream(
        exchange number: Int, _ head: ResponseHead, _ firstBytes: [UInt8], _ delegate: any ResponseStreamDelegate
    ) -> ResponseStream? {
        guard let index = waitingIndex(of: number) else { return nil }
        guard !hasPeerClosed else {
            abort()
            return nil
        }
        precondition(index == 0 && exchanges[0].mayStream, "a stream is started on a route that says so")
        let isChunked = exchanges[0].head?.version == .http11
        exchanges[0].closes = true
        var output = encode(head, isChunked ? .chunked : .untilClose, at: 0, extraCapacity: firstBytes.count)
        output += firstBytes
        context.countAnswer(head.status, metricsIndex: exchanges[0].metricsIndex)
        detach()
        let stream = ResponseStream(connection, context: context, isChunked: isChunked, delegate: delegate)
        stream.start(with: output)
        if isReadingPaused { connection.resumeReading() }
        return stream
    }

    /// Leaves the connection to a stream: nothing of this object is needed any more.
    private func detach() {
        phase = .detached
        clearDeadline()
        exchanges = []
        abandonBody(.answered)
        context.remove(self)
    }
}
