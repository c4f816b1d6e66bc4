import Glibc

/// Brings a database file to the schema that this binary writes.
package struct SchemaMigration {
    private let path: String
    private let steps: [String]

    /// - Parameter steps: the steps from version 0 on; tests give others.
    package init(path: String, steps: [String] = Schema.migrations) {
        self.path = path
        self.steps = steps
    }

    /// Checks that the file is ours and not newer, keeps a copy of it, then runs the steps that it lacks.
    ///
    /// - Returns: the path of the copy made before a migration of an existing file.
    /// - Throws: `.foreignFile`, `.newerSchema`, or what SQLite says.
    package func run(on connection: SQLiteConnection) throws(StoreError) -> String? {
        let (version, tables, application) = try StoreError.wrapping("reading \(path)") { () throws(SQLiteError) in
            (
                Int(try connection.integer("PRAGMA user_version") ?? 0),
                try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0,
                try connection.integer("PRAGMA application_id") ?? 0
            )
        }
        let isNew = version == 0 && tables == 0
        if !isNew { try refuse(version: version, application: application) }
        if version == steps.count { return nil }
        let copy = isNew ? nil : try backUp(connection, version: version)
        for step in version..<steps.count {
            try StoreError.wrapping("migrating \(path) to version \(step + 1)") { () throws(SQLiteError) in
                try perform(step, on: connection)
            }
        }
        try DurableFile.synchronize(directory: DurableFile.parent(of: path))
        return copy
    }

    private func perform(_ step: Int, on connection: SQLiteConnection) throws(SQLiteError) {
        do throws(SQLiteError) {
            try connection.execute("BEGIN IMMEDIATE")
            try connection.execute(steps[step])
            try connection.execute("PRAGMA application_id = \(Schema.applicationID)")
            try connection.execute("PRAGMA user_version = \(step + 1)")
            try connection.execute("COMMIT")
        } catch {
            // The first error is the one to report; a transaction that is gone already needs no rollback.
            if !connection.isIdle { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// Refuses what is not ours, or newer than this program.
    func refuse(version: Int, application: Int64) throws(StoreError) {
        guard application == Schema.applicationID else {
            throw StoreError(reason: .foreignFile, message: "\(path) is not a Tideline log; name another file")
        }
        guard version <= steps.count else {
            throw StoreError(
                reason: .newerSchema(found: version, supported: steps.count),
                message: "\(path) has schema version \(version), this binary knows \(steps.count); run a newer Tideline"
            )
        }
    }

    /// A copy beside the file, named after the version it holds; whole and durable before anything is changed.
    private func backUp(_ connection: SQLiteConnection, version: Int) throws(StoreError) -> String {
        let copy = "\(path).before-v\(steps.count)-\(time(nil))"
        let quoted = copy.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        try StoreError.wrapping("copying \(path) before its migration") { () throws(SQLiteError) in
            try connection.execute("VACUUM INTO '\(quoted)'")
        }
        try DurableFile.synchronize(file: copy)
        try DurableFile.synchronize(directory: DurableFile.parent(of: path))
        return copy
    }
}
