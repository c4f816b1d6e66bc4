/// Where tests let the writer's database fail; a server runs with ``none``.
package struct CommitFaults: Sendable {
    /// A place in the life of the writing connection.
    package enum Point: Sendable {
        /// It was opened; an error is taken for a failure to open.
        case opened
        /// A group's transaction has begun; an error is taken for that of a statement.
        case began
        /// The group is about to be committed; an error is taken for the COMMIT's, which then does not happen.
        case committing
        /// The group is committed; an error is taken for the COMMIT's, although it has happened.
        case committed
    }

    /// Called on the writer's thread.
    package let inject: @Sendable (Point, SQLiteConnection) throws(SQLiteError) -> Void

    package init(_ inject: @escaping @Sendable (Point, SQLiteConnection) throws(SQLiteError) -> Void) {
        self.inject = inject
    }

    package static let none = CommitFaults { _, _ in }
}
