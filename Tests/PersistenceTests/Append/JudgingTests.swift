import Events
import Persistence
import Testing

struct JudgingTests {
    /// Members may send only to channels they belong to, and delete only their own messages.
    private struct MemberJudge: AppendJudge {
        func denial(
            of draft: EventDraft, by principal: Principal, in directory: some DirectoryView, target: MessageRecord?
        ) -> AppendDenial? {
            switch draft.facts {
            case .messageSent:
                draft.channel.map { directory.isMember(principal.user, of: $0) } == true
                    ? nil : .forbidden("join first")
            case .messageDeleted:
                target.map { $0.sender == principal.user } == true ? nil : .notFound("no such message")
            default: nil
            }
        }
    }

    @Test func `an item is judged by what earlier items of its batch did`() async throws {
        let store = TestStore()
        let log = try store.open(judge: MemberJudge())
        let workspace = try await log.makeWorkspace()
        _ = try await log.append([.channel("general", by: "u-2")], to: workspace)

        let items = try await log.append(
            [
                .message("m-1"), .joining("general", by: "u-1"), .message("m-1"), .deletion(of: "m-1"),
                .deletion(of: "m-2"), .leaving("general", by: "u-1"), .message("m-3"),
            ], to: workspace, by: member("u-1"))
        log.close()

        #expect(items.map(\.isAccepted) == [false, true, true, true, false, true, false])
        #expect(items[0] == .denied(.forbidden("join first")))
        #expect(items[4] == .denied(.notFound("no such message")))
        #expect(items.compactMap(\.receipt).map(\.sequence) == [3, 4, 5, 6])
    }

    @Test func `the target is the message as it was before the event`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()

        _ = try await log.append(
            [
                .message("m-1"), .message("m-1"), .deletion(of: "m-1"), .deletion(of: "m-1"), .reaction(to: "m-2"),
            ], to: workspace)
        log.close()

        let targets = store.sink.events.dropFirst().map(\.target)
        #expect(targets.map { $0?.sequence } == [nil, 2, 2, 2, nil])
        #expect(targets.map { $0?.isDeleted } == [nil, false, false, true, nil])
        #expect(store.sink.events.map { $0.event.channel?.text }.last == .some(nil))
        #expect(store.sink.events[3].event.channel?.text == "general")
    }

    @Test func `a message without an id has that of its event`() async throws {
        let store = TestStore()
        let log = try store.open()
        let workspace = try await log.makeWorkspace()
        let receipt = try #require(try await log.append([.message(nil)], to: workspace)[0].receipt)

        _ = try await log.append([.reaction(to: receipt.eventID.text)], to: workspace)
        log.close()

        #expect(store.sink.events.last?.target?.sequence == receipt.sequence)
    }
}
