import Dispatch

/// Brings batches to the server, one at a time and in order; waits where it says so, and connects again after a break.
///
/// Sending a batch twice is safe: every item has an `eventId`.
struct ImportDelivery {
    /// How long the server may refuse one batch for the time being.
    static let patience = Duration.seconds(600)
    /// How often a lost connection is made anew for one batch; the waits between add up to 6 s.
    static let reconnects = 6

    let client: BlockingHTTPClient
    let isQuiet: Bool
    /// Waits; replaced by tests.
    var pause: (Duration) -> Void = ImportDelivery.sleep
    /// Told why there is a pause.
    var explain: (String) -> Void = { _ in }

    /// Sends `batch`, does `meanwhile` once while the server works, and returns what it made of the items.
    func deliver(_ batch: ImportWindow.Batch, meanwhile: () -> Void) throws(CommandFailure) -> BatchVerdict {
        let request = ClientRequest(
            "POST", ControlClient.eventsPath(batch.workspace) + (isQuiet ? "?quiet=true" : ""),
            mediaType: "application/x-ndjson", body: batch.body, isRepeatable: true)
        var isPrepared = false
        var breaks = 0
        var waited = Duration.zero
        while true {
            switch exchange(request, &isPrepared, meanwhile) {
            case .success(let reply):
                if let verdict = verdict(reply, batch) { return verdict }
                guard let delay = Self.delay(after: reply), waited + delay <= Self.patience else {
                    throw refusal(reply, batch)
                }
                explain("the server answers \(reply.status) for the time being; waiting \(delay.components.seconds) s")
                pause(delay)
                waited += delay
            case .failure(let failure):
                breaks += 1
                guard breaks <= Self.reconnects else { throw CommandFailure(failure.description) }
                pause(.milliseconds(50 << breaks))
            }
        }
    }

    private func exchange(
        _ request: ClientRequest, _ isPrepared: inout Bool, _ meanwhile: () -> Void
    ) -> Result<HTTPReply, ClientFailure> {
        do throws(ClientFailure) {
            try client.begin(request)
            if !isPrepared { meanwhile() }
            isPrepared = true
            return .success(try client.finish())
        } catch {
            return .failure(error)
        }
    }

    private func verdict(_ reply: HTTPReply, _ batch: ImportWindow.Batch) -> BatchVerdict? {
        guard reply.status == 200 || reply.status == 422 else { return nil }
        return BatchVerdict(reply, lines: batch.lines)
    }

    /// How long to wait before the same again; nil where waiting does not help.
    private static func delay(after reply: HTTPReply) -> Duration? {
        guard reply.status == 503 || reply.status == 429 else { return nil }
        return max(.seconds(1), reply.retryAfter ?? .seconds(1))
    }

    private func refusal(_ reply: HTTPReply, _ batch: ImportWindow.Batch) -> CommandFailure {
        reply.status == 404 ? .noWorkspace(batch.workspace) : CommandFailure(reply)
    }

    static func sleep(_ duration: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(Int(duration.milliseconds)))
    }
}
