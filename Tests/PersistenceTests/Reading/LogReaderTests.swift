import Events
import Persistence
import Testing

struct LogReaderTests {
    private func filledLog(_ store: TestStore) async throws -> (EventLog, WorkspaceLog) {
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        _ = try await log.append(
            [
                .message("m-1"), .message("m-1"), .reaction(to: "m-1"), .deletion(of: "m-1"), .deletion(of: "m-1"),
                .reaction(to: "m-1"), .message(nil), .custom(),
            ], to: workspace)
        return (log, workspace)
    }

    @Test func `pages come in order and end at the head that was asked for`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)
        let reader = log.readers()

        let first = try reader.events(workspace.key, after: 0, limit: 3, maximumBytes: 1 << 20, through: 9)
        let rest = try reader.events(workspace.key, after: 3, limit: 100, maximumBytes: 1 << 20, through: 8)
        let none = try reader.events(workspace.key, after: 9, limit: 100, maximumBytes: 1 << 20, through: 9)
        log.close()

        #expect(first + rest == store.sink.events.dropLast().map(\.event))
        #expect(none.isEmpty)
    }

    @Test func `a page stops before it weighs too much, but always moves`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)

        let one = try log.readers().events(workspace.key, after: 0, limit: 100, maximumBytes: 1, through: 9)
        let some = try log.readers().events(workspace.key, after: 0, limit: 100, maximumBytes: 600, through: 9)
        log.close()

        #expect(one.map(\.sequence) == [1])
        #expect(some.map(\.sequence) == [1, 2])
    }

    @Test func `a filtered page says how far it has looked`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)

        let all = try log.readers().page(
            workspace.key, after: 0, through: 9, limit: 100, maximumBytes: 1 << 20
        ) { $0.text == "reaction.added" }
        let scanned = try log.readers().page(
            workspace.key, after: 4, through: 9, limit: 100, maximumBytes: 1 << 20, maximumScan: 2
        ) { $0.text == "reaction.added" }
        log.close()

        #expect(all.events.map(\.sequence) == [4, 7] && all.next == 9)
        #expect(scanned.events.isEmpty && scanned.next == 6)
    }

    @Test func `a replay is what the sink saw`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)

        let replayed = try log.readers().replay(workspace.key, after: 0, limit: 100)
        log.close()

        let seen = store.sink.events
        #expect(replayed.map(\.event) == seen.map(\.event))
        #expect(replayed.map(\.facts) == seen.map(\.facts))
        #expect(replayed.map(\.target) == seen.map(\.target))
        #expect(replayed.map { $0.target?.isDeleted } == [nil, nil, false, false, false, true, true, nil, nil])
    }

    @Test func `a span is counted without reading, and weighed within its limits`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)
        let reader = log.readers()

        let within = try reader.span(workspace.key, after: 1, through: 9, maximumEvents: 8, maximumBytes: 1 << 20)
        let tooMany = try reader.span(workspace.key, after: 1, through: 9, maximumEvents: 7, maximumBytes: 1 << 20)
        let tooHeavy = try reader.span(workspace.key, after: 1, through: 9, maximumEvents: 8, maximumBytes: 300)
        log.close()

        #expect(within.events == 8 && within.isWithinLimits && (within.bytes ?? 0) > 1_600)
        #expect(tooMany.events == 8 && tooMany.bytes == nil && !tooMany.isWithinLimits)
        #expect(!tooHeavy.isWithinLimits)
    }

    @Test func `an export hands out every page`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        for _ in 0..<3 { _ = try await log.append((0..<900).map { _ in .custom() }, to: workspace) }

        var pages: [[SequenceNumber]] = []
        try log.readers().export(workspace.key, after: 0, through: workspace.head) { pages.append($0.map(\.sequence)) }
        log.close()

        #expect(pages.map(\.count) == [1_000, 1_000, 701])
        #expect(pages.flatMap { $0 } == Array(1...2_701))
    }

    @Test func `readers wait for each other, and a closed log is said so`() async throws {
        let store = TestStore()
        let (log, workspace) = try await filledLog(store)
        let reader = log.readers()

        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask { try reader.replay(workspace.key, after: 0, limit: 100).count }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        log.close()
        let error = #expect(throws: StoreError.self) { try reader.replay(workspace.key, after: 0, limit: 1) }

        #expect(counts == Array(repeating: 9, count: 16))
        #expect(error?.reason == .closed)
    }
}
