import Testing
import TidelineService

struct RefusalTallyTests {
    @Test func `the first of a kind is written, the others are counted`() {
        let tally = RefusalTally()

        let first = (0..<5).map { tally.note("stranger", at: $0) }
        let early = tally.take(at: RefusalTally.interval - 1)
        let due = tally.take(at: RefusalTally.interval)

        #expect(first == [true, false, false, false, false])
        #expect(early.isEmpty)
        #expect(due.map(\.kind) == ["stranger"] && due.map(\.count) == [4])
        #expect(tally.note("stranger", at: RefusalTally.interval))
    }

    @Test func `kinds beyond the bound are one, and none is lost`() {
        let tally = RefusalTally()

        let written = (0..<1_500).filter { tally.note("kind-\($0)", at: 0) }.count
        let counted = tally.take(at: 0, all: true)

        #expect(written == 1_001)
        #expect(written + counted.reduce(0) { $0 + $1.count } == 1_500)
    }
}
