import Glibc

/// Why the store could not be opened or read; the text tells an operator what to do.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of error it is.
    package enum Reason: Sendable, Equatable {
        /// Another process holds the data directory.
        case locked(pid: Int32?)
        /// The file was written by a newer Tideline.
        case newerSchema(found: Int, supported: Int)
        /// The file belongs to another program.
        case foreignFile
        /// The log contradicts itself.
        case damaged
        /// SQLite refused, with its extended result code.
        case database(Int32)
        /// A system call failed, with its errno.
        case system(Int32)
        /// The log was closed.
        case closed
    }

    package let reason: Reason
    package let message: String

    package init(reason: Reason, message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }

    init(_ error: SQLiteError, while action: String) {
        self.init(reason: .database(error.code), message: "\(action): \(error.description)")
    }

    /// Runs `body`, whose errors become errors of the store that name `action`.
    static func wrapping<Value>(
        _ action: String, _ body: () throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw StoreError(error, while: action)
        }
    }

    static func system(_ call: String, _ code: Int32, path: String = "") -> StoreError {
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return StoreError(reason: .system(code), message: "\(call)\(path.isEmpty ? "" : " \(path)"): \(text)")
    }

    static func damaged(_ message: String) -> StoreError { StoreError(reason: .damaged, message: message) }

    static let closed = StoreError(reason: .closed, message: "the log is closed")
}
