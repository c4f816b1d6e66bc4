package import Events

/// How the log is kept; the defaults are those of `Config/tideline.json5`.
package struct LogSettings: Sendable {
    /// What a commit waits for, as SQLite's `synchronous`.
    package enum Synchronous: String, Sendable, Comparable {
        case off = "OFF"
        case normal = "NORMAL"
        case full = "FULL"

        private var rank: Int {
            switch self {
            case .off: 0
            case .normal: 1
            case .full: 2
            }
        }

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    }

    /// The data directory; made when missing, held exclusively.
    package var directory: String
    /// The database file in ``directory``.
    package var fileName = "tideline.db"
    /// `storage.synchronous`: below FULL a loss of power may lose acknowledged events.
    package var synchronous = Synchronous.full
    /// `storage.retain` in milliseconds; 0 keeps everything.
    package var retain: Milliseconds = 90 * 86_400_000
    /// `storage.auditRetain` in milliseconds; 0 keeps every audit entry.
    package var auditRetain: Milliseconds = 365 * 86_400_000
    /// `ingest.idempotencyRetention` in milliseconds: how long an `Idempotency-Key` is remembered.
    package var idempotencyRetention: Milliseconds = 86_400_000
    /// How many events may wait for their commit.
    package var maximumQueuedEvents = 20_000
    /// How many bytes may wait for their commit.
    package var maximumQueuedBytes = 32 << 20
    /// The most events of one commit, unless one submission has more.
    package var maximumGroupEvents = 1_000
    /// The most bytes of one commit, unless one submission has more.
    package var maximumGroupBytes = 1 << 20
    /// The most read queries at a time; further ones wait.
    package var readers = 4
    /// Whether to run `quick_check` beside the start.
    package var checksInBackground = true
    /// The size of the write-ahead log from which it is moved into the database file.
    package var checkpointBytes = 4 << 20

    package init(directory: String) { self.directory = directory }

    package var path: String { directory + "/" + fileName }
    var markPath: String { directory + "/head.mark" }
    /// Where a copy of the database is made; what an interrupted one left there is removed at the next start.
    package var copyPath: String { path + ".copy" }
}
