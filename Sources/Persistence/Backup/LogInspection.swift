package import Events
import Glibc

/// What a database file holds, and that it holds together: read by whoever made a copy, or is about to trust one.
package struct LogInspection: Sendable, Equatable {
    /// How much is checked besides the numbers.
    package enum Depth: Sendable {
        /// Nothing: the workspaces and their heads, as their rows say.
        case heads
        /// The numbers without a gap, and `quick_check`.
        case quick
        /// The numbers without a gap, and `integrity_check`: 5–16 s a million events.
        case full
    }

    package struct Workspace: Sendable, Equatable {
        let key: WorkspaceKey
        package let id: WorkspaceID
        package let slug: WorkspaceID
        /// nil when it cannot be read.
        package let epoch: Epoch?
        package let head: SequenceNumber
        package let floor: SequenceNumber

        package var events: Int { Int(head - floor) }
    }

    /// The largest number that every reader of JSON keeps exact.
    private static let maximumSequence: SequenceNumber = (1 << 53) - 1

    package let schemaVersion: Int
    /// The last written first.
    package let workspaces: [Workspace]

    package var events: Int { workspaces.reduce(0) { $0 + $1.events } }

    /// Reads the file at `path`, which nobody has to have open; blocks.
    /// - Throws: `.foreignFile`, `.newerSchema`, `.damaged`, or what SQLite says.
    package static func read(_ path: String, depth: Depth) throws(StoreError) -> LogInspection {
        try read(try open(path), path, depth: depth)
    }

    static func read(
        _ connection: SQLiteConnection, _ path: String, depth: Depth
    ) throws(StoreError) -> LogInspection {
        do throws(SQLiteError) {
            if depth != .heads, let fault = try foreignObject(on: connection) {
                throw SQLiteError(code: damage, message: fault)
            }
            let inspection = LogInspection(
                schemaVersion: Int(try connection.integer("PRAGMA user_version") ?? 0),
                workspaces: try workspaces(on: connection))
            if depth == .heads { return inspection }
            if let fault = try gap(on: connection) { throw SQLiteError(code: damage, message: fault) }
            let answer = try connection.text(depth == .full ? "PRAGMA integrity_check(20)" : "PRAGMA quick_check(20)")
            if answer != "ok" { throw SQLiteError(code: damage, message: answer ?? "no answer") }
            return inspection
        } catch {
            if error.code == damage || error.isDamage { throw .damaged("\(path) is damaged: \(error.message)") }
            throw StoreError(error, while: "reading \(path)")
        }
    }

    /// By the columns that every schema version has: a backup may be older than this program.
    private static func workspaces(on connection: SQLiteConnection) throws(SQLiteError) -> [Workspace] {
        let statement = try connection.prepare(
            "SELECT ws, id, slug, epoch, next_seq - 1, log_floor FROM workspaces ORDER BY updated_at DESC, ws")
        defer { statement.reset() }
        var workspaces: [Workspace] = []
        while try statement.step() {
            let (head, floor) = (statement.integer(4), statement.integer(5))
            guard let id = WorkspaceID(statement.text(1)), let slug = WorkspaceID(statement.text(2)) else {
                throw SQLiteError(code: damage, message: "workspace \(statement.integer(0)) has no valid id or slug")
            }
            guard 0 <= floor, floor <= head, head <= maximumSequence else {
                throw SQLiteError(code: damage, message: "the log of \(id) cannot reach from \(floor) to \(head)")
            }
            workspaces.append(
                Workspace(
                    key: WorkspaceKey(statement.integer(0)), id: id, slug: slug, epoch: Epoch(statement.text(3)),
                    head: head, floor: floor))
        }
        return workspaces
    }

    /// What the schema of the file's version has not, or has otherwise: a trigger or a view would act on what is done to the
    /// log later. Compared by names and columns; the text of a released schema may be laid out anew.
    private static func foreignObject(on connection: SQLiteConnection) throws(SQLiteError) -> String? {
        // Neither triggers nor views nor virtual tables have a root page; the columns of the latter would run their module.
        if let name = try connection.text(
            "SELECT type || ' ' || name FROM sqlite_schema WHERE type NOT IN ('table', 'index') OR coalesce(rootpage, 0) < 2"
        ) {
            return "it holds the \(name), which is not a log's"
        }
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        let model = try SQLiteConnection(path: ":memory:", mode: .create)
        for step in Schema.migrations.prefix(max(version, 0)) { try model.execute(step) }
        let (ours, theirs) = (try objects(on: model), try objects(on: connection))
        if let other = theirs.subtracting(ours).min() { return "its schema holds \(other), which is not a log's" }
        if let missing = ours.subtracting(theirs).min() { return "its schema lacks \(missing)" }
        return nil
    }

    private static func objects(on connection: SQLiteConnection) throws(SQLiteError) -> Set<String> {
        // Statistics of ANALYZE are nobody's harm.
        let statement = try connection.prepare(
            """
            SELECT s.type || ' ' || s.name || ' on ' || s.tbl_name || ' (' || coalesce(group_concat(
                x.name || ' ' || x.type || ' ' || x."notnull" || ' ' || x.pk || ' ' || x.hidden), '') || ')'
            FROM sqlite_schema s LEFT JOIN pragma_table_xinfo(s.name) x ON s.type = 'table'
            WHERE s.name NOT LIKE 'sqlite_stat%'
            GROUP BY s.name
            """)
        defer { statement.reset() }
        var objects: Set<String> = []
        while try statement.step() { objects.insert(statement.text(0)) }
        return objects
    }

    /// No result code of SQLite's.
    private static let damage: Int32 = -1

    /// Refuses what is there and no regular file: opening a pipe waits for its other end.
    package static func requireRegular(_ path: String) throws(StoreError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", errno, path: path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(reason: .foreignFile, message: "\(path) is not a regular file")
        }
    }

    /// Opens a file that is a log, of a version that this program knows.
    static func open(_ path: String) throws(StoreError) -> SQLiteConnection {
        let connection: SQLiteConnection
        let (version, application): (Int64, Int64)
        try requireRegular(path)
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: path, mode: .read)
            // Nothing that the file's schema says may call a function with effects.
            try connection.execute("PRAGMA trusted_schema = OFF")
            version = try connection.integer("PRAGMA user_version") ?? 0
            application = try connection.integer("PRAGMA application_id") ?? 0
        } catch {
            if error.primaryCode == SQLiteError.notADatabase {
                throw StoreError(reason: .foreignFile, message: "\(path) is not a database")
            }
            if error.isDamage { throw .damaged("\(path) is damaged: \(error.message)") }
            throw StoreError(error, while: "opening \(path)")
        }
        try SchemaMigration(path: path).refuse(version: Int(version), application: application)
        return connection
    }

    /// Every number from the floor to the head must be there once; the primary key sees to the once.
    private static func gap(on connection: SQLiteConnection) throws(SQLiteError) -> String? {
        let statement = try connection.prepare(
            """
            SELECT w.id, w.log_floor, w.next_seq - 1, count(e.seq), min(e.seq), max(e.seq)
            FROM workspaces w LEFT JOIN events e USING (ws) GROUP BY w.ws
            HAVING count(e.seq) <> w.next_seq - 1 - w.log_floor
                OR min(e.seq) <> w.log_floor + 1 OR max(e.seq) <> w.next_seq - 1
            """)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return """
            the log of \(statement.text(0)) should hold every event from \(statement.integer(1) + 1) to \
            \(statement.integer(2)), but holds \(statement.integer(3))
            """
    }
}
