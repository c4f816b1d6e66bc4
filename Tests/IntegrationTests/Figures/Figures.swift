import Foundation

/// The figures that follow from the log, as a snapshot gives them or as they were counted again.
///
/// `onlineUsers` is in it too: where no stream is open it is a matter of the log.
struct Figures: Equatable, CustomStringConvertible {
    var counts: [String: Int64]
    var eventCounts: [String: Int64]

    /// The members of `data` that are numbers.
    static let names = [
        "activeUsers", "onlineUsers", "activeSessions", "messagesLastHour", "messagesToday", "activeChannels",
        "activeOrchestrators", "tasksInProgress",
    ]

    var description: String {
        let numbers = Self.names.map { "\($0) \(counts[$0].map(String.init) ?? "missing")" }
        let events = eventCounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return (numbers + events).joined(separator: ", ")
    }
}

/// `data` of a snapshot, or of a `stats` frame, and what it is of.
struct Snapshot: Sendable {
    let data: TestJSON
    let asOf: Int64
    /// Epoch milliseconds.
    let timestamp: Int64

    init(_ data: TestJSON) throws {
        guard let asOf = data["asOf"].int, let text = data["timestamp"].string,
            let time = try? Date(text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        else { throw WaitError(description: "no snapshot: \(data)") }
        self.data = data
        self.asOf = Int64(asOf)
        timestamp = Int64((time.timeIntervalSince1970 * 1_000).rounded())
    }

    var figures: Figures {
        var counts: [String: Int64] = [:]
        for name in Figures.names { counts[name] = data[name].int.map(Int64.init) }
        return Figures(
            counts: counts, eventCounts: data["eventCounts"].object.compactMapValues { $0.int.map(Int64.init) })
    }
}

extension HTTPTestClient {
    /// The snapshot of `workspace` now; waits while the figures are being rebuilt.
    func snapshot(of workspace: String, within limit: Duration = .seconds(20)) async throws -> Snapshot {
        let end = ContinuousClock.now + limit
        while true {
            let reply = try await get(ServerProcess.realtime(workspace), ["Accept": "application/json"])
            if reply.status == 200 { return try Snapshot(try reply.json["data"]) }
            guard reply.status == 503, ContinuousClock.now < end else {
                throw WaitError(description: "no snapshot but \(reply.status): \(reply.text)")
            }
        }
    }
}
