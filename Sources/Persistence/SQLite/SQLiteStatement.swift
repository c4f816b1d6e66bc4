import CSQLite

/// A compiled statement; confined with its connection.
///
/// Texts and bytes are copied once, into the statement's own arena, and bound without a copy of SQLite's; what does not
/// fit the arena is copied by SQLite. Binding never throws: what it refuses surfaces at the next ``step()``. A statement
/// that returned a row keeps its read transaction open until ``reset()``.
@safe
package final class SQLiteStatement {
    /// Room for the texts of one run: twelve ids of 64 bytes and an ordinary payload.
    private static let arenaBytes = 4_096

    private let handle: OpaquePointer
    private let arena: UnsafeMutableRawPointer
    private var arenaUsed = 0
    private var bindFailure: Int32 = SQLITE_OK

    init(handle: OpaquePointer) {
        unsafe self.handle = handle
        unsafe arena = .allocate(byteCount: Self.arenaBytes, alignment: 16)
    }

    deinit {
        _ = unsafe sqlite3_finalize(handle)
        unsafe arena.deallocate()
    }

    // MARK: Binding; positions count from 1

    package func bind(_ position: Int32, _ value: Int64) {
        note(unsafe sqlite3_bind_int64(handle, position, value))
    }

    package func bind(_ position: Int32, _ value: Int64?) {
        if let value { bind(position, value) } else { bindNull(position) }
    }

    package func bind(_ position: Int32, _ text: String?) {
        if let text { bind(position, prefix: "", text) } else { bindNull(position) }
    }

    /// Binds `prefix` and `text` as one text, without making a String of both.
    package func bind(_ position: Int32, prefix: StaticString, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            unsafe bind(position, prefix: prefix, bytes: UnsafeRawBufferPointer(bytes), isText: true)
        }
    }

    /// Binds bytes of UTF-8 as text.
    package func bind(_ position: Int32, utf8 bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe bind(position, prefix: "", bytes: $0, isText: true) }
    }

    package func bind(_ position: Int32, blob bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe bind(position, prefix: "", bytes: $0, isText: false) }
    }

    package func bindNull(_ position: Int32) {
        note(unsafe sqlite3_bind_null(handle, position))
    }

    // MARK: Running

    /// - Returns: whether there is a row to read. After `false` or an error the statement may be bound again.
    package func step() throws(SQLiteError) -> Bool {
        if bindFailure != SQLITE_OK {
            let error = SQLiteError(code: bindFailure, message: "a value could not be bound")
            reset()
            throw error
        }
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            reset()
            return false
        case let code:
            let message = unsafe sqlite3_errmsg(sqlite3_db_handle(handle)).map { unsafe String(cString: $0) }
            reset()
            throw SQLiteError(code: code, message: message ?? "unknown")
        }
    }

    /// Runs a statement that returns no row, or whose rows do not matter.
    package func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Ends the run; the bindings are void.
    package func reset() {
        _ = unsafe sqlite3_reset(handle)
        _ = unsafe sqlite3_clear_bindings(handle)
        arenaUsed = 0
        bindFailure = SQLITE_OK
    }

    // MARK: The row; columns count from 0

    package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    package func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// nil for NULL.
    package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// "" for NULL.
    package func text(_ column: Int32) -> String {
        unsafe withBytes(of: column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// nil for NULL.
    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// The bytes of a blob or text; empty for NULL.
    package func bytes(_ column: Int32) -> [UInt8] {
        unsafe withBytes(of: column) { unsafe [UInt8]($0) }
    }

    /// How many bytes the blob or text of `column` has.
    package func byteCount(_ column: Int32) -> Int { Int(unsafe sqlite3_column_bytes(handle, column)) }

    // MARK: Private

    private func withBytes<Value>(of column: Int32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = unsafe sqlite3_column_bytes(handle, column)
        return unsafe body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }

    private func note(_ code: Int32) {
        if code != SQLITE_OK { bindFailure = code }
    }

    private func bind(_ position: Int32, prefix: StaticString, bytes: UnsafeRawBufferPointer, isText: Bool) {
        let length = prefix.utf8CodeUnitCount + bytes.count
        if length <= Self.arenaBytes - arenaUsed {
            let start = unsafe arena + arenaUsed
            unsafe Self.write(prefix, bytes, to: start)
            arenaUsed += length
            unsafe bind(position, start: start, length: length, isText: isText, destructor: nil)
        } else {
            let copy = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 1)
            defer { unsafe copy.deallocate() }
            unsafe Self.write(prefix, bytes, to: copy)
            // SQLITE_TRANSIENT: SQLite copies before the call returns.
            let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            unsafe bind(position, start: copy, length: length, isText: isText, destructor: transient)
        }
    }

    private static func write(
        _ prefix: StaticString, _ bytes: UnsafeRawBufferPointer, to start: UnsafeMutableRawPointer
    ) {
        let prefixLength = prefix.utf8CodeUnitCount
        if prefixLength > 0 { unsafe start.copyMemory(from: prefix.utf8Start, byteCount: prefixLength) }
        if let source = bytes.baseAddress {
            unsafe (start + prefixLength).copyMemory(from: source, byteCount: bytes.count)
        }
    }

    private func bind(
        _ position: Int32, start: UnsafeMutableRawPointer, length: Int, isText: Bool,
        destructor: sqlite3_destructor_type?
    ) {
        let code =
            if isText {
                unsafe sqlite3_bind_text64(
                    handle, position, start.assumingMemoryBound(to: CChar.self), UInt64(length), destructor,
                    UInt8(SQLITE_UTF8))
            } else {
                unsafe sqlite3_bind_blob64(handle, position, start, UInt64(length), destructor)
            }
        note(code)
    }
}

@available(*, unavailable)
extension SQLiteStatement: Sendable {}
