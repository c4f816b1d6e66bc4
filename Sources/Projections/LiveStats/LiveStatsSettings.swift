package import Events

/// How far back the live figures look; each window is (now − window, now] by `occurredAt`.
package struct LiveStatsSettings: Sendable, Equatable {
    /// Of `activeUsers`; default 24 hours.
    package var activeUserWindow: Milliseconds
    /// Of `onlineUsers`, for presence without an open stream; default 5 minutes.
    package var onlineWindow: Milliseconds
    /// Of `activeSessions`; default 30 minutes.
    package var sessionWindow: Milliseconds
    /// Of `activeChannels`; default 24 hours.
    package var channelWindow: Milliseconds
    /// Of `activeOrchestrators`; default 5 minutes.
    package var orchestratorWindow: Milliseconds
    /// Types counted by name in a day; the rest goes under `other`. Default 200.
    package var maximumEventTypes: Int

    package init(
        activeUserWindow: Milliseconds = 86_400_000, onlineWindow: Milliseconds = 300_000,
        sessionWindow: Milliseconds = 1_800_000, channelWindow: Milliseconds = 86_400_000,
        orchestratorWindow: Milliseconds = 300_000, maximumEventTypes: Int = 200
    ) {
        self.activeUserWindow = activeUserWindow
        self.onlineWindow = onlineWindow
        self.sessionWindow = sessionWindow
        self.channelWindow = channelWindow
        self.orchestratorWindow = orchestratorWindow
        self.maximumEventTypes = maximumEventTypes
    }
}
