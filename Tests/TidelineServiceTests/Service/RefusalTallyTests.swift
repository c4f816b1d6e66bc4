import Events
import Testing
import TidelineService

struct RefusalTallyTests {
    private func kind(_ actor: String, in workspace: Int64? = nil) -> RefusalTally.Kind {
        RefusalTally.Kind(
            workspace: workspace.map { WorkspaceKey($0) }, actor: actor, action: "denied GET /", outcome: "forbidden")
    }

    @Test func `the first of a kind is written, the others are counted`() {
        let tally = RefusalTally()

        let first = (0..<5).map { tally.note(kind("stranger"), at: $0) }
        let early = tally.take(at: RefusalTally.interval - 1)
        let due = tally.take(at: RefusalTally.interval)

        #expect(first == [true, false, false, false, false])
        #expect(early.isEmpty)
        #expect(due.map(\.kind) == [kind("stranger")] && due.map(\.count) == [4])
        #expect(tally.note(kind("stranger"), at: RefusalTally.interval))
        #expect(tally.note(kind("stranger", in: 1), at: RefusalTally.interval))
    }

    @Test func `kinds beyond a workspace's bound are one, and none is lost`() {
        let tally = RefusalTally()

        let written = (0..<1_500).filter { tally.note(kind("user-\($0)", in: 1), at: 0) }.count
        let counted = tally.take(at: 0, all: true)

        #expect(written == RefusalTally.maximumKinds + 1)
        #expect(written + counted.reduce(0) { $0 + $1.count } == 1_500)
        #expect(counted.allSatisfy { $0.kind.workspace == WorkspaceKey(1) })
    }

    @Test func `what strangers were denied hides nothing of another workspace, nor of members`() {
        let tally = RefusalTally()
        for number in 0..<1_500 {
            let stranger = RefusalTally.Kind(
                workspace: WorkspaceKey(1), actor: "n\(number)", action: "denied GET /", outcome: "not_found")
            _ = tally.note(stranger, at: 0)
        }

        #expect(tally.note(kind("mia", in: 1), at: 0))
        #expect(tally.note(kind("mia", in: 2), at: 0))
    }
}
