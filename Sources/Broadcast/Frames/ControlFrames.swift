package import Events

/// Why the server ends a stream; the `reason` of its `closing` event.
package enum CloseReason: String, Sendable, CaseIterable {
    case maximumAge = "max_age"
    case slowConsumer = "slow_consumer"
    case admin
    case shutdown
    case authExpired = "auth_expired"
    case capacity
}

/// Why a resume could not be exact; the `reason` of a `reset` event.
package enum ResetReason: String, Sendable, CaseIterable {
    case pruned, epoch, ahead
    case tooFar = "too_far"
}

/// The bytes of everything on a stream that is not an event of the log: small, written per stream, never shared.
///
/// None but `connected` of a fresh stream, `reset` and the id-only block carries an `id`: a position moves by log events only.
package enum ControlFrames {
    /// `retry:` and `connected`, with `id` when the stream is fresh.
    package static func connected(
        connection: String, workspace: WorkspaceID, at now: Milliseconds, retry: Int, heartbeat: Int,
        position: StreamPosition?
    ) -> [UInt8] {
        let id = position.map { "id: \($0)\n" } ?? ""
        return Array(
            """
            retry: \(retry)

            event: connected
            \(id)data: {"connectionId":"\(connection)","workspaceId":"\(workspace.text)","timestamp":"\(Timestamp.format(now))","heartbeat":\(heartbeat)}


            """.utf8)
    }

    /// `head` is where the stream goes on; `next` is from where `GET …/events?after=` gives what can still be read.
    package static func reset(_ reason: ResetReason, head: StreamPosition, next: StreamPosition) -> [UInt8] {
        Array(
            "event: reset\nid: \(head)\ndata: {\"reason\":\"\(reason.rawValue)\",\"head\":\"\(head)\",\"next\":\"\(next)\"}\n\n"
                .utf8)
    }

    /// `ping {timestamp: number}`: epoch milliseconds (seed row S4-4).
    package static func ping(at now: Milliseconds) -> [UInt8] {
        Array("event: ping\ndata: {\"timestamp\":\(now)}\n\n".utf8)
    }

    /// An id-only block: dispatches nothing, keeps the position fresh (WHATWG HTML §9.2.6).
    package static func position(_ position: StreamPosition) -> [UInt8] {
        Array("id: \(position)\n\n".utf8)
    }

    /// `retry:` and `closing`; the last words on a stream.
    package static func closing(_ reason: CloseReason, retry: Int) -> [UInt8] {
        Array(
            "retry: \(retry)\n\nevent: closing\ndata: {\"reason\":\"\(reason.rawValue)\",\"retryMs\":\(retry)}\n\n".utf8
        )
    }

    /// `stats`: the flat object that `json` holds.
    package static func stats(_ json: [UInt8]) -> [UInt8] {
        Array("event: stats\ndata: ".utf8) + json + [10, 10]
    }
}
