import Events
import Persistence
import Projections
import Testing

struct GroupCommitTests {
    @Test func `seqs are gapless and in commit order under many submitters`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        _ = try? await log.append([EventDraft.message(nil), .custom()].shuffled(), to: workspace)
                    }
                }
            }
        }
        log.close()

        #expect(store.sink.events.map(\.event.sequence) == Array(1...801))
        #expect(workspace.head == 801)
    }

    @Test func `what waits together is committed together and answered in order`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let gate = Gate()
        store.sink.onGroup { _ in gate.pass() }

        async let first = log.append([.custom()], to: workspace)
        await gate.waitForArrival()
        let answers = AnswerList()
        for index in 0..<5 {
            let isQueued = log.submit(
                Submission(.append(workspace.key, [.custom()], isBatch: false), by: admin) { _ in answers.add(index) })
            #expect(isQueued)
        }
        gate.open()
        _ = try await first
        log.close()

        #expect(store.sink.groups.map { $0.batches.flatMap(\.events).count } == [1, 1, 5])
        #expect(answers.all == [0, 1, 2, 3, 4])
    }

    @Test func `a group stops at its limit of events`() async throws {
        let store = TestStore()
        let log = try store.open { $0.maximumGroupEvents = 3 }
        let workspace = try await log.makeWorkspace()
        let gate = Gate()
        store.sink.onGroup { _ in gate.pass() }

        async let first = log.append([.custom()], to: workspace)
        await gate.waitForArrival()
        for _ in 0..<3 {
            _ = log.submit(
                Submission(.append(workspace.key, [.custom(), .custom()], isBatch: true), by: admin) { _ in })
        }
        gate.open()
        _ = try await first
        log.close()

        #expect(store.sink.groups.map { $0.batches.flatMap(\.events).count } == [1, 1, 2, 2, 2])
    }

    @Test func `the sink sees directories and heads that show the group`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let seen = AnswerList()
        store.sink.onGroup { group in
            for batch in group.batches where batch.workspace.head == batch.events.last?.event.sequence {
                seen.add(batch.workspace.directory().members.count)
            }
        }

        _ = try await log.append([.memberAdded("u-1"), .memberAdded("u-2")], to: workspace)
        log.close()

        #expect(seen.all == [2])
    }

    @Test func `a full queue refuses`() async throws {
        let store = TestStore()
        let log = try store.open { $0.maximumQueuedEvents = 3 }
        let workspace = try await log.makeWorkspace()
        let gate = Gate()
        store.sink.onGroup { _ in gate.pass() }
        async let first = log.append([.custom()], to: workspace)
        await gate.waitForArrival()

        let offers = (0..<4).map { _ in
            log.submit(Submission(.append(workspace.key, [.custom()], isBatch: false), by: admin) { _ in })
        }
        gate.open()
        _ = try await first
        log.close()

        #expect(offers == [true, true, true, false])
        #expect(workspace.head == 5)
    }

    @Test func `quiet events are marked so`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        _ = try await log.append([.custom(), .custom()], to: workspace, isQuiet: true)
        log.close()

        let batch = try #require(store.sink.groups.last?.batches.first)
        #expect(batch.isQuiet && batch.isQuiet(at: 1))
        #expect(store.sink.groups.first?.batches.first?.isQuiet == false)
    }

    @Test func `a closed log refuses, and what was queued before is committed`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let answers = AnswerList()
        for index in 0..<100 {
            _ = log.submit(
                Submission(.append(workspace.key, [.custom()], isBatch: false), by: admin) { _ in answers.add(index) })
        }

        log.close()
        let isQueued = log.submit(Submission(.append(workspace.key, [.custom()], isBatch: false), by: admin) { _ in })

        #expect(answers.all == Array(0..<100))
        #expect(!isQueued)
    }

    @Test func `a time too far ahead becomes the time of receipt`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let now = store.clock.now
        let times = [nil, now - 1_000, now + 300_000, now + 300_001]

        let drafts = times.map { (time: Milliseconds?) in
            var draft = EventDraft.custom()
            draft.occurredAt = time
            return draft
        }
        _ = try await log.append(drafts, to: workspace)
        log.close()

        #expect(
            store.sink.events.dropFirst().map(\.event.occurredAt) == [now, now - 1_000, now + 300_000, now])
        #expect(try store.connection().integer("SELECT sum(flags) FROM events") == 1)
    }

    @Test func `an unknown workspace is said so`() async throws {
        let store = TestStore()
        let log = try store.open()

        let result = await log.perform(.append(WorkspaceKey(9), [.custom()], isBatch: false))
        log.close()

        guard case .unknownWorkspace? = result else {
            Issue.record("unexpected \(String(describing: result))")
            return
        }
    }
}
