package import Events

/// What each live figure means, as published by `GET /api/definitions`.
package struct FigureDefinition: Sendable, Equatable {
    /// The member of the `stats` object.
    package let name: String
    package let meaning: String
    /// The stretch of time it covers.
    package let window: String
    /// What one of it is.
    package let unit: String
}

package enum FigureDefinitions {
    /// Whether a user is one of the people that activeUsers and onlineUsers count: all but the server itself, whose ids
    /// begin with `tideline:`. Its events count in the figures of events.
    package static func isPerson(_ user: UserID) -> Bool { !user.text.utf8.starts(with: serverPrefix) }

    private static let serverPrefix = Array("tideline:".utf8)

    /// The figures in the order of the `stats` object.
    package static func all(settings: LiveStatsSettings = LiveStatsSettings()) -> [FigureDefinition] {
        func rolling(_ window: Milliseconds) -> String { "rolling \(text(of: window)), by occurredAt" }
        let day = "the workspace's local day up to now, by occurredAt"
        let people = "; the server itself (tideline:…) is nobody"
        return [
            FigureDefinition(
                name: "activeUsers", meaning: "distinct users with any event" + people,
                window: rolling(settings.activeUserWindow), unit: "users"),
            FigureDefinition(
                name: "onlineUsers",
                meaning:
                    "users with an open stream, or with a device that sent user.online, user.active or user.action "
                    + "and no user.offline after it" + people,
                window: "open streams now; presence: " + rolling(settings.onlineWindow), unit: "users"),
            FigureDefinition(
                name: "activeSessions", meaning: "distinct sessionId with any event",
                window: rolling(settings.sessionWindow), unit: "sessions"),
            FigureDefinition(
                name: "messagesLastHour", meaning: "messages sent and not deleted",
                window: "from the start of the minute 59 minutes ago to now, by occurredAt", unit: "messages"),
            FigureDefinition(
                name: "messagesToday", meaning: "messages sent and not deleted", window: day, unit: "messages"),
            FigureDefinition(
                name: "activeChannels", meaning: "channels with a message that is not deleted",
                window: rolling(settings.channelWindow), unit: "channels"),
            FigureDefinition(
                name: "activeOrchestrators",
                meaning: "orchestrators started and not stopped since, with a start or heartbeat in the window",
                window: rolling(settings.orchestratorWindow), unit: "orchestrators"),
            FigureDefinition(
                name: "tasksInProgress", meaning: "tasks whose last status is in_progress", window: "none",
                unit: "tasks"),
            FigureDefinition(
                name: "eventCounts",
                meaning:
                    "events of each type; beyond \(settings.maximumEventTypes) types a day, in the order in which the "
                    + "log first has them, under \(LiveStats.otherTypes)",
                window: day, unit: "events"),
            FigureDefinition(
                name: "timestamp", meaning: "the moment the figures are of", window: "none", unit: "RFC 3339 time"),
            FigureDefinition(
                name: "asOf",
                meaning: "the seq of the last event included; the figures follow from the log up to it and "
                    + "timestamp, except for open streams", window: "none", unit: "seq"),
        ]
    }

    /// Appends `[{"name","meaning","window","unit"}, …]`.
    package static func appendJSON(settings: LiveStatsSettings = LiveStatsSettings(), to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, figure) in all(settings: settings).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let members = [
                ("name", figure.name), ("meaning", figure.meaning), ("window", figure.window), ("unit", figure.unit),
            ]
            for (position, (name, value)) in members.enumerated() {
                bytes.append(UInt8(ascii: position == 0 ? "{" : ","))
                bytes.append(jsonString: name)
                bytes.append(UInt8(ascii: ":"))
                bytes.append(jsonString: value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// A window in the largest unit that divides it.
    private static func text(of window: Milliseconds) -> String {
        for (size, unit) in [(3_600_000, "hour"), (60_000, "minute"), (1_000, "second")] as [(Int64, String)]
        where window >= size && window % size == 0 {
            return "\(window / size) \(unit)" + (window == size ? "" : "s")
        }
        return "\(window) milliseconds"
    }
}
