import Events
import Persistence
import Projections
import Testing

struct WorkspaceCreationTests {
    @Test func `a workspace begins with its own creation`() async throws {
        let store = TestStore()
        let log = try store.open()

        let result = await log.perform(
            .createWorkspace(
                WorkspaceID(validated: "w-1"), slug: WorkspaceID(validated: "acme"), timeZone: "Europe/Berlin",
                name: "\"A\"\n"))
        log.close()

        guard case .created(let workspace)? = result else { throw UnexpectedResult(result: result) }
        let event = try #require(store.sink.events.first?.event)
        #expect(event.sequence == 1 && event.type.text == "workspace.created")
        #expect(
            String(decoding: event.data, as: UTF8.self)
                == #"{"slug":"acme","tz":"Europe/Berlin","name":"\"A\"\u000a"}"#)
        #expect(log.workspace(named: "w-1") === workspace && log.workspace(named: "acme") === workspace)
        #expect(workspace.directory().timeZone == "Europe/Berlin")
    }

    @Test func `the same id and slug again is no new workspace`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace("w-1", slug: "acme")

        let result = await log.perform(
            .createWorkspace(
                WorkspaceID(validated: "w-1"), slug: WorkspaceID(validated: "acme"), timeZone: "UTC", name: nil))
        log.close()

        guard case .alreadyExists(let known)? = result else { throw UnexpectedResult(result: result) }
        #expect(known === workspace && workspace.head == 1)
    }

    @Test(arguments: [("w-1", "other"), ("w-2", "acme"), ("w-2", "w-1"), ("acme", "free")])
    func `a name that another workspace has is refused`(id: String, slug: String) async throws {
        let store = TestStore()
        let log = try store.open()
        _ = try await log.makeWorkspace("w-1", slug: "acme")

        let result = await log.perform(
            .createWorkspace(
                WorkspaceID(validated: id), slug: WorkspaceID(validated: slug), timeZone: "UTC", name: nil))
        log.close()

        guard case .nameTaken? = result else { throw UnexpectedResult(result: result) }
        #expect(log.workspaces.count == 1)
    }

    @Test func `the admin of a workspace does not change its slug`() async throws {
        let store = TestStore()
        let log = try store.open()
        let one = try await log.makeWorkspace("one", slug: "first")

        let changed = try await log.append([.workspaceUpdate(slug: "victim")], to: one)
        let kept = try await log.append([.workspaceUpdate(slug: "first")], to: one)
        log.close()

        #expect(changed == [.denied(.forbidden("Only the operator of the server may change a slug."))])
        #expect(kept[0].isAccepted && log.workspace(named: "victim") == nil)
    }

    @Test func `a new slug replaces the old one, unless it is taken`() async throws {
        let store = TestStore()
        let log = try store.open()
        let one = try await log.makeWorkspace("one", slug: "first")
        let two = try await log.makeWorkspace("two", slug: "second")

        let taken = try await log.append([.workspaceUpdate(slug: "first")], to: two, by: localOperator)
        let free = try await log.append([.workspaceUpdate(slug: "third")], to: one, by: localOperator)
        let freed = try await log.append([.workspaceUpdate(slug: "first")], to: two, by: localOperator)
        log.close()

        #expect(taken == [.denied(.invalid(pointer: "/eventData/slug", detail: "another workspace is called so"))])
        #expect(free[0].isAccepted && freed[0].isAccepted)
        #expect(log.workspace(named: "third") === one && log.workspace(named: "first") === two)
        #expect(log.workspace(named: "second") == nil && log.workspace(named: "no/name") == nil)
    }
}
