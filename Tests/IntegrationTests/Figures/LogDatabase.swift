import CSQLite

/// A look into `tideline.db` from outside, while the server runs or after its end.
@safe
final class LogDatabase {
    enum Value: Equatable {
        case null
        case integer(Int64)
        case text(String)

        var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
        var text: String? { if case .text(let value) = self { value } else { nil } }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let handle: OpaquePointer

    /// - Parameter isWritable: only for a database that no server has open.
    init(_ data: TemporaryDirectory, isWritable: Bool = false) throws {
        var opened: OpaquePointer?
        let flags = isWritable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        let code = unsafe sqlite3_open_v2(data.file("tideline.db"), &opened, flags, nil)
        guard code == SQLITE_OK, let connection = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw Failure(description: "the database cannot be opened: \(code)")
        }
        unsafe handle = connection
        unsafe sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// All rows of one statement; `parameters` are `?1`, `?2`, …
    @discardableResult
    func rows(_ sql: String, _ parameters: [Int64] = []) throws -> [[Value]] {
        var prepared: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK else { throw failure(sql) }
        defer { unsafe sqlite3_finalize(prepared) }
        for (index, value) in parameters.enumerated() {
            unsafe sqlite3_bind_int64(prepared, Int32(index + 1), value)
        }
        var rows: [[Value]] = []
        while true {
            switch unsafe sqlite3_step(prepared) {
            case SQLITE_ROW:
                let columns = unsafe sqlite3_column_count(prepared)
                rows.append((0..<columns).map { unsafe Self.value(prepared, $0) })
            case SQLITE_DONE: return rows
            default: throw failure(sql)
            }
        }
    }

    private static func value(_ statement: OpaquePointer?, _ column: Int32) -> Value {
        switch unsafe sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, column))
        case SQLITE_NULL: return .null
        default:
            guard let bytes = unsafe sqlite3_column_text(statement, column) else { return .null }
            return .text(unsafe String(cString: bytes))
        }
    }

    private func failure(_ sql: String) -> Failure {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        return Failure(description: "\(message) in:\n\(sql)")
    }
}
