package import Events

/// The live figures of a workspace at one moment and one place of its log; what each means: ``FigureDefinitions``.
package struct LiveStats: Sendable, Equatable {
    package struct EventCount: Sendable, Equatable {
        package let type: String
        package let count: Int

        package init(type: String, count: Int) {
            self.type = type
            self.count = count
        }
    }

    /// The name under which types beyond the limit are counted.
    package static let otherTypes = "other"

    package var activeUsers = 0
    package var onlineUsers = 0
    package var activeSessions = 0
    package var messagesLastHour = 0
    package var messagesToday = 0
    package var activeChannels = 0
    package var activeOrchestrators = 0
    package var tasksInProgress = 0
    /// Sorted by type, `other` last; only types that have a count.
    package var eventCounts: [EventCount] = []
    /// The moment the figures are of.
    package var timestamp: Milliseconds
    /// The last event they include.
    package var asOf: SequenceNumber

    package init(timestamp: Milliseconds, asOf: SequenceNumber) {
        self.timestamp = timestamp
        self.asOf = asOf
    }

    /// Appends the object of a `stats` event and of a snapshot's `data`: every figure, `timestamp`, `asOf`.
    package func appendJSON(to bytes: inout [UInt8]) {
        appendMembers(to: &bytes)
        bytes.append(text: #","timestamp":""#)
        Timestamp.append(timestamp, to: &bytes)
        bytes.append(text: #"","asOf":"#)
        bytes.append(decimal: asOf)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the same without `timestamp`: what an ETag is made of.
    package func appendFigures(to bytes: inout [UInt8]) {
        appendMembers(to: &bytes)
        bytes.append(text: #","asOf":"#)
        bytes.append(decimal: asOf)
        bytes.append(UInt8(ascii: "}"))
    }

    private func appendMembers(to bytes: inout [UInt8]) {
        if bytes.isEmpty { bytes.reserveCapacity(320 + eventCounts.count * 28) }
        append(#"{"activeUsers":"#, activeUsers, to: &bytes)
        append(#","onlineUsers":"#, onlineUsers, to: &bytes)
        append(#","activeSessions":"#, activeSessions, to: &bytes)
        append(#","messagesLastHour":"#, messagesLastHour, to: &bytes)
        append(#","messagesToday":"#, messagesToday, to: &bytes)
        append(#","activeChannels":"#, activeChannels, to: &bytes)
        append(#","activeOrchestrators":"#, activeOrchestrators, to: &bytes)
        append(#","tasksInProgress":"#, tasksInProgress, to: &bytes)
        bytes.append(text: #","eventCounts":{"#)
        for (index, entry) in eventCounts.enumerated() {
            bytes.append(text: index == 0 ? "\"" : ",\"")
            bytes.append(text: entry.type)
            append("\":", entry.count, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private func append(_ name: String, _ value: Int, to bytes: inout [UInt8]) {
        bytes.append(text: name)
        bytes.append(decimal: Int64(value))
    }
}
