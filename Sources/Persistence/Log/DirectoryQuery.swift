import Events
import Projections

/// Loads a workspace's directory from its tables, without the log that made it.
enum DirectoryQuery {
    static func load(_ row: WorkspaceRow, on connection: SQLiteConnection) throws(SQLiteError) -> WorkspaceDirectory {
        var directory = WorkspaceDirectory(id: row.id, slug: row.slug, timeZone: row.timeZone, name: row.name)
        try loadMembers(of: row, into: &directory, on: connection)
        try loadChannels(of: row, into: &directory, on: connection)
        try loadMemberships(of: row, into: &directory, on: connection)
        return directory
    }

    private static func loadMembers(
        of row: WorkspaceRow, into directory: inout WorkspaceDirectory, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let members = try connection.prepare("SELECT user, role, since, removed_at FROM members WHERE ws = ?1")
        members.bind(1, row.key.rawValue)
        defer { members.reset() }
        while try members.step() {
            directory.members[UserID(validated: members.text(0))] = WorkspaceDirectory.Member(
                role: Role(rawValue: members.text(1)) ?? .member, since: members.integer(2),
                removedAt: members.optionalInteger(3))
        }
    }

    private static func loadChannels(
        of row: WorkspaceRow, into directory: inout WorkspaceDirectory, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let channels = try connection.prepare(
            "SELECT id, kind, title, private, created_at, declared FROM channels WHERE ws = ?1")
        channels.bind(1, row.key.rawValue)
        defer { channels.reset() }
        while try channels.step() {
            directory.channels[ChannelID(validated: channels.text(0))] = WorkspaceDirectory.Channel(
                type: EventFacts.ChannelType(rawValue: channels.text(1)) ?? .channel, title: channels.optionalText(2),
                isPrivate: channels.integer(3) != 0, createdAt: channels.integer(4),
                isDeclared: channels.integer(5) != 0)
        }
    }

    private static func loadMemberships(
        of row: WorkspaceRow, into directory: inout WorkspaceDirectory, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let memberships = try connection.prepare(
            "SELECT channel, user, joined_seq FROM memberships WHERE ws = ?1 AND left_seq IS NULL")
        memberships.bind(1, row.key.rawValue)
        defer { memberships.reset() }
        while try memberships.step() {
            directory.channels[ChannelID(validated: memberships.text(0))]?
                .members[UserID(validated: memberships.text(1))] = memberships.integer(2)
        }
    }
}
