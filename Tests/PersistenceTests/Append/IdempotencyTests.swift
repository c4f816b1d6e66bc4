import Events
import Persistence
import Testing

struct IdempotencyTests {
    @Test func `an identical repeat gets the first answer`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        let first = try await log.append([.custom("e-1")], to: workspace)
        store.clock.advance(by: 1_000)
        let second = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        let receipt = try #require(first[0].receipt)
        #expect(first[0].isAccepted)
        #expect(second == [.duplicate(receipt)])
        #expect(workspace.head == 2)
    }

    @Test func `within a group the second is the duplicate`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        let items = try await log.append([.custom("e-1"), .custom("e-1"), .custom("e-1", hash: 2)], to: workspace)
        log.close()

        let receipt = try #require(items[0].receipt)
        #expect(items == [.accepted(receipt, index: 0), .duplicate(receipt), .conflict])
    }

    @Test func `another content or another principal is a conflict`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        _ = try await log.append([.custom("e-1")], to: workspace)

        let changed = try await log.append([.custom("e-1", hash: 2)], to: workspace)
        let foreign = try await log.append([.custom("e-1")], to: workspace, by: member("mallory"))
        log.close()

        #expect(changed == [.conflict])
        #expect(foreign == [.conflict])
    }

    @Test func `the id that the server gave is known as well`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let given = try #require(try await log.append([.custom()], to: workspace)[0].receipt)

        let items = try await log.append([.custom(given.eventID.text)], to: workspace)
        log.close()

        #expect(items == [.duplicate(given)])
    }

    @Test func `a header key works for a day and belongs to its user`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let first = try #require(try await log.append([.custom(key: "k")], to: workspace)[0].receipt)

        store.clock.advance(by: 86_399_999)
        let repeated = try await log.append([.custom(key: "k")], to: workspace)
        let changed = try await log.append([.custom(hash: 2, key: "k")], to: workspace)
        let foreign = try await log.append([.custom(by: "u-1", key: "k")], to: workspace, by: member("u-1"))
        store.clock.advance(by: 1)
        let late = try await log.append([.custom(hash: 2, key: "k")], to: workspace)
        log.close()

        #expect(repeated == [.duplicate(first)])
        #expect(changed == [.conflict])
        #expect(foreign[0].isAccepted && late[0].isAccepted)
    }

    @Test func `two workspaces may use the same ids`() async throws {
        let store = TestStore()
        let log = try store.open()
        let one = try await log.makeWorkspace("one")
        let two = try await log.makeWorkspace("two")

        let first = try await log.append([.custom("e-1"), .message("m-1")], to: one)
        let second = try await log.append([.custom("e-1"), .message("m-1")], to: two)
        log.close()

        #expect((first + second).filter(\.isAccepted).count == 4)
        #expect(store.sink.events.filter { $0.target != nil }.isEmpty)
    }

    @Test func `what is known survives a restart`() async throws {
        let store = TestStore()
        let first = try store.open()
        let receipt = try await first.append([.custom("e-1")], to: first.makeWorkspace())[0].receipt
        first.close()

        let log = try store.open()
        let workspace = try #require(log.workspace(named: "acme"))
        let items = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        #expect(items == [.duplicate(try #require(receipt))])
    }
}
