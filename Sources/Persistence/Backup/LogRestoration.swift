package import Events
import Glibc
import Telemetry

/// Puts a backup in the place of the log; holds the data directory from its making to its end, so no server runs meanwhile.
///
/// Whenever it is interrupted, the directory holds the old log or the new one, each whole:
/// 1. ``stage(_:progress:)`` copies the backup beside the log, checks the copy and gives its workspaces new epochs.
/// 2. ``replace(at:)`` empties the old write-ahead log, which must never meet another database, gives the old database a second
///    name, and then renames the copy over the first one: the moment at which it counts.
///
/// ```swift
/// let restoration = try LogRestoration(settings)
/// let found = try restoration.stage("backup.db") { copied, total in … }
/// let aside = try restoration.replace(at: now)
/// ```
package final class LogRestoration {
    private static let stepPages: Int32 = 2_048
    /// Between the database's name and the time of its replacement.
    private static let asideInfix = ".before-restore-"

    private let settings: LogSettings
    private let lock: DirectoryLock
    /// What an interrupted restoration leaves there is written over by the next.
    private var stagedPath: String { settings.path + ".restoring" }
    /// Whether what is at ``stagedPath`` is this restoration's, to be removed at its end.
    private var hasStaged = false
    private var mark: HeadMark?

    /// Makes the data directory where there is none, and takes its lock.
    /// - Throws: `.locked` while a server, or a command without one, runs on it.
    package init(_ settings: LogSettings) throws(StoreError) {
        self.settings = settings
        var status = stat()
        if unsafe lstat(settings.path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
            throw StoreError(
                reason: .foreignFile,
                message:
                    "\(settings.path) is a symbolic link; name the directory of the file itself, or move the file here")
        }
        try DurableFile.makeDirectory(settings.directory)
        lock = try DirectoryLock(directory: settings.directory)
        Self.dropSecondNames(of: settings.path)
    }

    /// Removes the names that a restoration gave the log without getting to the point of replacing it: a database opened by two
    /// names has two write-ahead logs, and is soon damaged (sqlite.org/howtocorrupt.html §2.5).
    static func dropSecondNames(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_nlink > 1 else { return }
        let directory = DurableFile.parent(of: path)
        let prefix = String(path.dropFirst(directory.count + 1)) + asideInfix
        for name in DurableFile.names(in: directory) where name.hasPrefix(prefix) {
            var other = stat()
            let candidate = directory + "/" + name
            if unsafe stat(candidate, &other) == 0, other.st_ino == status.st_ino, other.st_dev == status.st_dev {
                unsafe unlink(candidate)
            }
        }
    }

    deinit { if hasStaged { discard() } }

    /// The log that is there now, by the rows of its workspaces; nil when there is none. Needs no hold on the directory.
    package static func present(_ settings: LogSettings) throws(StoreError) -> LogInspection? {
        guard unsafe access(settings.path, F_OK) == 0 else { return nil }
        return try LogInspection.read(settings.path, depth: .heads)
    }

    /// Makes the new log beside the old one and checks it: schema, `integrity_check`, numbers without a gap.
    /// - Parameter progress: pages copied, and all of them; equal once they are checked.
    /// - Returns: what it holds, with the epochs of the backup.
    package func stage(
        _ backup: String, progress: (_ copied: Int, _ total: Int) -> Void
    ) throws(StoreError) -> LogInspection {
        let source = try LogInspection.open(backup)
        guard !isStaged(backup) else {
            throw StoreError(
                reason: .foreignFile,
                message:
                    "\(backup) is what an interrupted restore left, and would be overwritten; restore from the backup itself"
            )
        }
        hasStaged = true
        discard()
        try DurableFile.make(stagedPath)
        let staged = try StoreError.wrapping("copying \(backup)") { () throws(SQLiteError) in
            let staged = try SQLiteConnection(path: stagedPath, mode: .write)
            try staged.execute("PRAGMA trusted_schema = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            let copy = try PageCopy(from: source, to: staged)
            while try !copy.step(pages: Self.stepPages) {
                let (total, remaining) = copy.progress
                progress(total - remaining, total)
            }
            return staged
        }
        let found = try LogInspection.read(staged, backup, depth: .full)
        let renewed = try renewEpochs(of: found.workspaces, on: staged)
        // What was written is what will be opened: a crafted file may have had its own idea of that.
        let again = try LogInspection.read(staged, backup, depth: .quick)
        guard again.workspaces.count == found.workspaces.count,
            again.workspaces.allSatisfy({ workspace in
                renewed.entries[workspace.key].map { $0.epoch == workspace.epoch && $0.head == workspace.head } ?? false
            })
        else { throw .damaged("\(backup) is damaged: its workspaces cannot be given new epochs") }
        mark = renewed
        try StoreError.wrapping("finishing \(stagedPath)") { () throws(SQLiteError) in
            // Of a WAL database only: the file must be whole by itself when it is renamed.
            try staged.execute("PRAGMA journal_mode = DELETE")
        }
        try DurableFile.synchronize(file: stagedPath)
        return found
    }

    /// Whether `path` is, by whatever name, the file that staging would overwrite.
    private func isStaged(_ path: String) -> Bool {
        var (one, other) = (stat(), stat())
        return unsafe stat(path, &one) == 0 && stat(stagedPath, &other) == 0 && one.st_dev == other.st_dev
            && one.st_ino == other.st_ino
    }

    /// Clients know other events under the numbers that this log will give again.
    private func renewEpochs(
        of workspaces: [LogInspection.Workspace], on staged: SQLiteConnection
    ) throws(StoreError) -> HeadMark {
        try StoreError.wrapping("writing \(stagedPath)") { () throws(SQLiteError) in
            var random = SystemRandomNumberGenerator()
            var entries: [WorkspaceKey: HeadMark.Entry] = [:]
            try staged.execute("BEGIN IMMEDIATE")
            for workspace in workspaces {
                let epoch = Epoch(using: &random)
                try staged.execute(
                    "UPDATE workspaces SET epoch = '\(epoch.text)' WHERE ws = \(workspace.key.rawValue)")
                entries[workspace.key] = HeadMark.Entry(epoch: epoch, head: workspace.head)
            }
            try staged.execute("COMMIT")
            return HeadMark(isClean: true, synchronous: settings.synchronous, entries: entries)
        }
    }

    /// Puts the staged log in the place of the old one.
    /// - Parameter now: names the old one, which is kept.
    /// - Returns: where the old one is now; nil when there was none.
    package func replace(at now: Milliseconds) throws(StoreError) -> String? {
        guard let mark else { preconditionFailure("nothing is staged") }
        let aside = try putAside(at: now)
        try adoptOwner(of: stagedPath)
        guard unsafe rename(stagedPath, settings.path) == 0 else {
            throw .system("rename", errno, path: stagedPath)
        }
        try DurableFile.synchronize(directory: settings.directory)
        // Last: until then the old mark makes a start begin new epochs, which is right as well.
        try DurableFile.replace(settings.markPath, with: mark.encoded())
        try adoptOwner(of: settings.markPath)
        try adoptOwner(of: settings.directory + "/lock")
        return aside
    }

    private func putAside(at now: Milliseconds) throws(StoreError) -> String? {
        guard unsafe access(settings.path, F_OK) == 0 else { return nil }
        let name = "\(settings.path)\(Self.asideInfix)\(Timestamp.format(now).prefix(19).replacing(":", with: ""))Z"
        // A second restore within the second.
        var (aside, number) = (name, 1)
        while unsafe access(aside, F_OK) == 0 || access(aside + "-wal", F_OK) == 0 {
            number += 1
            aside = "\(name)-\(number)"
        }
        try link(settings.path, aside)
        if try !emptyWriteAheadLog() {
            // A damaged log keeps what belongs to it, under the names by which SQLite finds it again.
            for suffix in ["-wal", "-shm"] where unsafe access(settings.path + suffix, F_OK) == 0 {
                try link(settings.path + suffix, aside + suffix)
            }
        }
        for suffix in ["-wal", "-shm"] { unsafe unlink(settings.path + suffix) }
        try DurableFile.synchronize(directory: settings.directory)
        return aside
    }

    /// - Returns: false when the old database cannot be opened.
    private func emptyWriteAheadLog() throws(StoreError) -> Bool {
        do throws(SQLiteError) {
            let old = try SQLiteConnection(path: settings.path, mode: .write, busyTimeout: 1_000)
            _ = try old.checkpoint(restarts: true, truncates: true)
            return true
        } catch {
            if error.primaryCode == SQLiteError.busy {
                throw StoreError(error, while: "another program has \(settings.path) open; end it first")
            }
            return false
        }
    }

    private func link(_ path: String, _ name: String) throws(StoreError) {
        guard unsafe Glibc.link(path, name) == 0 else { throw .system("link", errno, path: name) }
    }

    /// Whoever may write the directory runs the server: what root makes must be theirs.
    private func adoptOwner(of path: String) throws(StoreError) {
        var status = stat()
        guard geteuid() == 0, unsafe stat(settings.directory, &status) == 0 else { return }
        guard unsafe chown(path, status.st_uid, status.st_gid) == 0 else { throw .system("chown", errno, path: path) }
    }

    private func discard() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unsafe unlink(stagedPath + suffix) }
    }
}

@available(*, unavailable)
extension LogRestoration: Sendable {}
