/// The tables of the log. Times are UTC milliseconds, ids are text, every key begins with `ws`.
///
/// - `events`: the log itself. `flags` bit 0: `occurred_at` was clamped.
/// - `idempotency`: `e:<eventId>` for every event, `k:<key>` for each `Idempotency-Key` header. `expires` 0: as long as the event.
/// - `members`, `channels`, `memberships`: the directory as the folds of `Projections` last saw it.
/// - `channels.declared` 0: joined, but no `conversation.created` was seen.
/// - `message_keys`: which event made a message; `deleted_seq` is that of its first `message.deleted`.
package enum Schema {
    /// `PRAGMA application_id`: "Tide".
    package static let applicationID: Int64 = 0x5469_6465

    /// One step from version `index` to `index + 1`; never edited once released.
    package static let migrations = [version1, version2]

    /// The names of workspaces, which only their first event has held so far.
    private static let version2 = """
        ALTER TABLE workspaces ADD COLUMN name TEXT;
        UPDATE workspaces SET name = (
            SELECT nullif(json_extract(data, '$.name'), '') FROM events
            WHERE events.ws = workspaces.ws AND seq = 1 AND type = 'workspace.created'
                AND json_type(data, '$.name') = 'text'
        );
        """

    private static let version1 = """
        CREATE TABLE workspaces (
            ws INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            slug TEXT NOT NULL UNIQUE,
            tz TEXT NOT NULL,
            epoch TEXT NOT NULL,
            next_seq INTEGER NOT NULL,
            log_floor INTEGER NOT NULL DEFAULT 0,
            updated_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE members (
            ws INTEGER NOT NULL,
            user TEXT NOT NULL,
            role TEXT NOT NULL,
            since INTEGER NOT NULL,
            removed_at INTEGER,
            PRIMARY KEY (ws, user)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE events (
            ws INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            event_id TEXT NOT NULL,
            type TEXT NOT NULL,
            user TEXT NOT NULL,
            session TEXT,
            channel TEXT,
            entity_type TEXT,
            entity_id TEXT,
            occurred_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (ws, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE idempotency (
            ws INTEGER NOT NULL,
            key TEXT NOT NULL,
            principal TEXT NOT NULL,
            hash BLOB NOT NULL,
            seq INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            PRIMARY KEY (ws, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_expires ON idempotency (ws, expires) WHERE expires > 0;
        CREATE TABLE channels (
            ws INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            title TEXT,
            private INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            declared INTEGER NOT NULL,
            PRIMARY KEY (ws, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE memberships (
            ws INTEGER NOT NULL,
            channel TEXT NOT NULL,
            user TEXT NOT NULL,
            joined_seq INTEGER NOT NULL,
            left_seq INTEGER,
            PRIMARY KEY (ws, channel, user)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX memberships_user ON memberships (ws, user);
        CREATE TABLE message_keys (
            ws INTEGER NOT NULL,
            id TEXT NOT NULL,
            channel TEXT NOT NULL,
            seq INTEGER NOT NULL,
            sender TEXT NOT NULL,
            occurred_at INTEGER NOT NULL,
            deleted_seq INTEGER,
            PRIMARY KEY (ws, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoints (
            ws INTEGER NOT NULL,
            fold TEXT NOT NULL,
            version INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            state BLOB NOT NULL,
            PRIMARY KEY (ws, fold)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE api_keys (
            ws INTEGER NOT NULL,
            prefix TEXT NOT NULL UNIQUE,
            hash BLOB NOT NULL,
            user TEXT NOT NULL,
            role TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires INTEGER,
            revoked INTEGER,
            PRIMARY KEY (ws, prefix)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE audit (
            ws INTEGER NOT NULL,
            id TEXT NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            outcome TEXT NOT NULL,
            request TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (ws, id)
        ) STRICT, WITHOUT ROWID;
        """
}
