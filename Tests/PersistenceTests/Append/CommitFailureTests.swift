import Events
import Persistence
import Projections
import Synchronization
import Testing

struct CommitFailureTests {
    /// Fails at one point as long as it is told to.
    private final class Fault: Sendable {
        private struct State {
            var point: CommitFaults.Point?
            var remaining = 0
        }

        private let state = Mutex(State())
        private let error: SQLiteError

        init(code: Int32) { error = SQLiteError(code: code, message: "injected") }

        func arm(_ point: CommitFaults.Point, times: Int = 1) {
            state.withLock { $0 = State(point: point, remaining: times) }
        }

        var faults: CommitFaults {
            CommitFaults { [self] point, _ throws(SQLiteError) in
                let isDue = state.withLock { state in
                    guard state.point == point, state.remaining > 0 else { return false }
                    state.remaining -= 1
                    return true
                }
                if isDue { throw error }
            }
        }
    }

    private static let failedSync: Int32 = 1_034

    @Test func `a rolled back group has touched nothing`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        try store.connection().execute(
            """
            CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.user = 'poison'
            BEGIN SELECT RAISE(ABORT, 'injected'); END
            """)

        let failed = await log.perform(
            .append(workspace.key, [.memberAdded("u-1"), .custom("e-1"), .custom(by: "poison")], isBatch: true))
        let after = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        guard case .failed(.unavailable)? = failed else { throw UnexpectedResult(result: failed) }
        #expect(workspace.directory().members.isEmpty)
        #expect(after[0].isAccepted && after[0].receipt?.sequence == 2)
        #expect(store.sink.events.map(\.event.sequence) == [1, 2])
    }

    @Test func `a full disk is said so, and appends go on when there is room again`() async throws {
        let store = TestStore()
        let pages = Mutex<Int>(1_000_000)
        let log = try store.open(
            faults: CommitFaults { point, connection throws(SQLiteError) in
                let limit = pages.withLock { $0 }
                if point == .opened { try connection.execute("PRAGMA max_page_count = \(limit)") }
                if point == .began { try connection.execute("PRAGMA max_page_count = \(limit)") }
            })
        let workspace = try await log.makeWorkspace()
        let drafts = (0..<1_000).map { _ in EventDraft.message(nil) }

        pages.withLock { $0 = 1 }
        let full = await log.perform(.append(workspace.key, drafts, isBatch: true))
        pages.withLock { $0 = 1_000_000 }
        let after = try await log.append(drafts, to: workspace)
        log.close()

        guard case .failed(.full)? = full else { throw UnexpectedResult(result: full) }
        #expect(after.filter(\.isAccepted).count == 1_000)
        #expect(workspace.head == 1_001)
    }

    @Test func `a commit that failed and did not happen is answered failed`() async throws {
        let store = TestStore()
        let fault = Fault(code: Self.failedSync)
        let log = try store.open(faults: fault.faults)
        let workspace = try await log.makeWorkspace()

        fault.arm(.committing)
        let failed = await log.perform(.append(workspace.key, [.custom("e-1")], isBatch: false))
        let after = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        guard case .failed(.unavailable)? = failed else { throw UnexpectedResult(result: failed) }
        #expect(after[0].isAccepted)
        #expect(store.sink.events.map(\.event.sequence) == [1, 2])
    }

    @Test func `a commit that failed and yet happened reaches the sink and is answered accepted`() async throws {
        let store = TestStore()
        let fault = Fault(code: Self.failedSync)
        let log = try store.open(faults: fault.faults)
        let workspace = try await log.makeWorkspace()

        fault.arm(.committed)
        let items = try await log.append([.memberAdded("u-1"), .custom("e-1")], to: workspace)
        let repeated = try await log.append([.custom("e-1")], to: workspace)
        log.close()

        #expect(items.map(\.isAccepted) == [true, true])
        #expect(repeated == [.duplicate(try #require(items[1].receipt))])
        #expect(store.sink.events.map(\.event.sequence) == [1, 2, 3])
        #expect(workspace.directory().members.count == 1)
    }

    @Test func `while the file cannot be opened appends fail at once, and go on afterwards`() async throws {
        let store = TestStore()
        let fault = Fault(code: 14)
        let trouble = Mutex(false)
        let log = try store.open(
            faults: CommitFaults { point, connection throws(SQLiteError) in
                let isBroken = trouble.withLock { $0 }
                if isBroken && (point == .committing || point == .opened) {
                    throw SQLiteError(code: 14, message: "injected")
                }
                try fault.faults.inject(point, connection)
            })
        let workspace = try await log.makeWorkspace()

        trouble.withLock { $0 = true }
        let first = await log.perform(.append(workspace.key, [.custom()], isBatch: false))
        let second = await log.perform(.append(workspace.key, [.custom()], isBatch: false))
        trouble.withLock { $0 = false }
        var result = await log.perform(.append(workspace.key, [.custom()], isBatch: false))
        while case .failed? = result {
            result = await log.perform(.append(workspace.key, [.custom()], isBatch: false))
        }
        log.close()

        for failed in [first, second] {
            guard case .failed(.unavailable)? = failed else { throw UnexpectedResult(result: failed) }
        }
        guard case .items(let items)? = result else { throw UnexpectedResult(result: result) }
        #expect(items[0].receipt?.sequence == 2)
    }

    @Test func `a commit whose fate stayed open is broadcast once the file opens again`() async throws {
        let store = TestStore()
        let trouble = Mutex(false)
        let log = try store.open(
            faults: CommitFaults { point, _ throws(SQLiteError) in
                if point == .committed || point == .opened, trouble.withLock({ $0 }) {
                    throw SQLiteError(code: Self.failedSync, message: "injected")
                }
            })
        let workspace = try await log.makeWorkspace()

        trouble.withLock { $0 = true }
        let failed = await log.perform(.append(workspace.key, [.custom("e-1")], isBatch: false))
        let headMeanwhile = workspace.head
        trouble.withLock { $0 = false }
        var result = await log.perform(.append(workspace.key, [.custom("e-1")], isBatch: false))
        while case .failed? = result {
            result = await log.perform(.append(workspace.key, [.custom("e-1")], isBatch: false))
        }
        log.close()

        guard case .failed(.unavailable)? = failed else { throw UnexpectedResult(result: failed) }
        guard case .items(let items)? = result else { throw UnexpectedResult(result: result) }
        #expect(headMeanwhile == 1)
        #expect(items[0].isAccepted == false && items[0].receipt?.sequence == 2)
        #expect(store.sink.events.map(\.event.sequence) == [1, 2])
    }
}
