import Events
import Projections

/// The statements that keep `workspaces`, `members`, `channels` and `memberships` equal to the in-memory directory.
///
/// The directory is the fold of the log; after each event that changes it, the rows of what the event names are
/// written as the directory now shows them.
final class DirectoryStatements {
    private let connection: SQLiteConnection
    private let createWorkspace: SQLiteStatement
    private let updateWorkspace: SQLiteStatement
    private let putMember: SQLiteStatement
    private let putChannel: SQLiteStatement
    private let putMembership: SQLiteStatement
    private let endMembership: SQLiteStatement
    private let endAllOfUser: SQLiteStatement
    private let endAllOfChannel: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        createWorkspace = try connection.prepare(
            """
            INSERT INTO workspaces (ws, id, slug, tz, epoch, next_seq, updated_at, name)
            VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)
            """)
        updateWorkspace = try connection.prepare("UPDATE workspaces SET slug = ?2, tz = ?3, name = ?4 WHERE ws = ?1")
        putMember = try connection.prepare("INSERT OR REPLACE INTO members VALUES (?1, ?2, ?3, ?4, ?5)")
        putChannel = try connection.prepare("INSERT OR REPLACE INTO channels VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        putMembership = try connection.prepare("INSERT OR REPLACE INTO memberships VALUES (?1, ?2, ?3, ?4, NULL)")
        endMembership = try connection.prepare(
            """
            UPDATE memberships SET left_seq = ?4
            WHERE ws = ?1 AND channel = ?2 AND user = ?3 AND left_seq IS NULL
            """)
        endAllOfUser = try connection.prepare(
            "UPDATE memberships SET left_seq = ?3 WHERE ws = ?1 AND user = ?2 AND left_seq IS NULL")
        endAllOfChannel = try connection.prepare(
            "UPDATE memberships SET left_seq = ?3 WHERE ws = ?1 AND channel = ?2 AND left_seq IS NULL")
    }

    /// - Returns: the key of the new workspace.
    func createWorkspace(
        _ id: WorkspaceID, slug: WorkspaceID, timeZone: String, name: String?, epoch: Epoch, at now: Milliseconds
    ) throws(SQLiteError) -> WorkspaceKey {
        let key = (try connection.integer("SELECT max(ws) FROM workspaces") ?? 0) + 1
        createWorkspace.bind(1, key)
        createWorkspace.bind(2, id.text)
        createWorkspace.bind(3, slug.text)
        createWorkspace.bind(4, timeZone)
        createWorkspace.bind(5, epoch.text)
        createWorkspace.bind(6, now)
        createWorkspace.bind(7, name)
        try createWorkspace.run()
        return WorkspaceKey(key)
    }

    /// Writes what `event` has changed.
    /// - Parameter directory: as it is after the event.
    /// - Parameter wasKnown: whether the event's channel was declared before; a second declaration changes nothing.
    func store(
        _ facts: EventFacts, _ event: Event, _ directory: WorkspaceDirectory, wasKnown: Bool
    ) throws(SQLiteError) {
        switch facts {
        case .workspace:
            updateWorkspace.bind(1, event.workspace.rawValue)
            updateWorkspace.bind(2, directory.slug.text)
            updateWorkspace.bind(3, directory.timeZone)
            updateWorkspace.bind(4, directory.name)
            try updateWorkspace.run()
        case .memberAdded(let user, _), .memberRemoved(let user):
            try storeMember(user, event, directory)
            if case .memberRemoved = facts { try endMemberships(of: user, event) }
        case .channelCreated:
            guard let channel = event.channel, !wasKnown else { return }
            try storeChannel(channel, event, directory)
            try replaceMemberships(of: channel, event, directory)
        case .channelJoined(let user), .channelLeft(let user):
            guard let channel = event.channel else { return }
            try storeChannel(channel, event, directory)
            try storeMembership(of: user ?? event.user, in: channel, event, directory)
        case .messageSent, .messageEdited, .messageDeleted, .messageRead, .reaction, .present, .absent, .userUpdated,
            .orchestrator, .task, .other:
            return
        }
    }

    private func storeMember(_ user: UserID, _ event: Event, _ directory: WorkspaceDirectory) throws(SQLiteError) {
        guard let member = directory.members[user] else { return }
        putMember.bind(1, event.workspace.rawValue)
        putMember.bind(2, user.text)
        putMember.bind(3, member.role.rawValue)
        putMember.bind(4, member.since)
        putMember.bind(5, member.removedAt)
        try putMember.run()
    }

    private func storeChannel(
        _ id: ChannelID, _ event: Event, _ directory: WorkspaceDirectory
    ) throws(SQLiteError) {
        guard let channel = directory.channels[id] else { return }
        putChannel.bind(1, event.workspace.rawValue)
        putChannel.bind(2, id.text)
        putChannel.bind(3, channel.type.rawValue)
        putChannel.bind(4, channel.title)
        putChannel.bind(5, channel.isPrivate ? 1 : 0)
        putChannel.bind(6, channel.createdAt)
        putChannel.bind(7, channel.isDeclared ? 1 : 0)
        try putChannel.run()
    }

    /// A removed member leaves every channel.
    private func endMemberships(of user: UserID, _ event: Event) throws(SQLiteError) {
        endAllOfUser.bind(1, event.workspace.rawValue)
        endAllOfUser.bind(2, user.text)
        endAllOfUser.bind(3, event.sequence)
        try endAllOfUser.run()
    }

    /// Who had joined before a private channel was declared is no member of it.
    private func replaceMemberships(
        of channel: ChannelID, _ event: Event, _ directory: WorkspaceDirectory
    ) throws(SQLiteError) {
        endAllOfChannel.bind(1, event.workspace.rawValue)
        endAllOfChannel.bind(2, channel.text)
        endAllOfChannel.bind(3, event.sequence)
        try endAllOfChannel.run()
        for user in (directory.channels[channel]?.members ?? [:]).keys {
            try storeMembership(of: user, in: channel, event, directory)
        }
    }

    private func storeMembership(
        of user: UserID, in channel: ChannelID, _ event: Event, _ directory: WorkspaceDirectory
    ) throws(SQLiteError) {
        let joined = directory.channels[channel]?.members[user]
        let statement = joined == nil ? endMembership : putMembership
        statement.bind(1, event.workspace.rawValue)
        statement.bind(2, channel.text)
        statement.bind(3, user.text)
        statement.bind(4, joined ?? event.sequence)
        try statement.run()
    }
}
