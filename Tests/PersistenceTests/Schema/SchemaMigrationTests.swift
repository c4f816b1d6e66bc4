import Foundation
import Persistence
import Testing

struct SchemaMigrationTests {
    private let store = TestStore()

    private func makeConnection() throws -> (SQLiteConnection, path: String) {
        try FileManager.default.createDirectory(atPath: store.directory, withIntermediateDirectories: true)
        let path = store.directory + "/it's.db"
        return (try SQLiteConnection(path: path, mode: .create), path)
    }

    @Test func `a new file gets every step and no copy`() throws {
        let (connection, path) = try makeConnection()

        let copy = try SchemaMigration(path: path).run(on: connection)

        #expect(copy == nil)
        #expect(try connection.integer("PRAGMA user_version") == Int64(Schema.migrations.count))
        #expect(try connection.integer("PRAGMA application_id") == Schema.applicationID)
    }

    @Test func `an existing file is copied before a step changes it`() throws {
        let (connection, path) = try makeConnection()
        _ = try SchemaMigration(path: path, steps: ["CREATE TABLE one (a)"]).run(on: connection)

        let copy = try SchemaMigration(path: path, steps: ["CREATE TABLE one (a)", "DROP TABLE one"])
            .run(on: connection)

        let old = try SQLiteConnection(path: try #require(copy), mode: .read)
        #expect(try old.integer("PRAGMA user_version") == 1)
        #expect(try old.integer("SELECT count(*) FROM one") == 0)
        #expect(try connection.integer("PRAGMA user_version") == 2)
    }

    @Test func `a step that fails changes nothing`() throws {
        let (connection, path) = try makeConnection()
        _ = try SchemaMigration(path: path, steps: ["CREATE TABLE one (a)"]).run(on: connection)

        #expect(throws: StoreError.self) {
            try SchemaMigration(path: path, steps: ["", "CREATE TABLE two (a); nonsense"]).run(on: connection)
        }

        #expect(try connection.integer("PRAGMA user_version") == 1)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema") == 1)
    }

    @Test func `a newer file is refused`() throws {
        let (connection, path) = try makeConnection()
        _ = try SchemaMigration(path: path, steps: ["CREATE TABLE one (a)", "CREATE TABLE two (a)"]).run(on: connection)

        let error = #expect(throws: StoreError.self) {
            try SchemaMigration(path: path, steps: ["CREATE TABLE one (a)"]).run(on: connection)
        }

        #expect(error?.reason == .newerSchema(found: 2, supported: 1))
    }
}
