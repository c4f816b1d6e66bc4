import Persistence
import Testing

struct SQLiteStatementTests {
    private func connection() throws -> SQLiteConnection { try SQLiteConnection(path: ":memory:", mode: .create) }

    @Test(arguments: [0, 1, 15, 16, 4_094, 4_095, 4_096, 4_097, 70_000])
    func `texts and bytes of any length come back`(length: Int) throws {
        let statement = try connection().prepare("SELECT ?1, ?2, ?3, ?4")
        let text = String(repeating: "x", count: length)

        statement.bind(1, prefix: "e:", text)
        statement.bind(2, utf8: Array(text.utf8))
        statement.bind(3, blob: [UInt8](repeating: 0, count: length))
        statement.bind(4, text as String?)
        let hasRow = try statement.step()

        #expect(hasRow)
        #expect(statement.text(0) == "e:" + text)
        #expect(statement.bytes(1) == Array(text.utf8))
        #expect(statement.bytes(2) == [UInt8](repeating: 0, count: length))
        #expect(statement.text(3) == text && !statement.isNull(3))
    }

    @Test func `null is told from empty`() throws {
        let statement = try connection().prepare("SELECT ?1, ?2, ?3")

        statement.bind(1, nil as String?)
        statement.bind(2, nil as Int64?)
        statement.bind(3, "")
        _ = try statement.step()

        #expect(statement.optionalText(0) == nil && statement.optionalInteger(1) == nil)
        #expect(statement.optionalText(2) == "")
    }

    @Test func `a value that cannot be bound is an error of the next step`() throws {
        let statement = try connection().prepare("SELECT ?1")

        statement.bind(2, 1 as Int64)
        let error = #expect(throws: SQLiteError.self) { try statement.step() }
        statement.bind(1, 7 as Int64)
        let hasRow = try statement.step()

        #expect(error?.primaryCode == 25)
        #expect(hasRow && statement.integer(0) == 7)
    }

    @Test func `an error carries the extended code`() throws {
        let connection = try connection()
        try connection.execute("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)")

        let error = #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES (1)") }

        #expect(error?.code == 2_067)
        #expect(error?.primaryCode == 19 && error?.spoilsConnection == false)
    }
}
