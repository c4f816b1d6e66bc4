import Events
import Projections
import Testing

struct LiveStatsStateTests {
    private static let settings = LiveStatsSettings(channelWindow: 900_000, maximumEventTypes: 8)

    /// A state with something in every part.
    private func state(seed: Int = 4) -> [UInt8] {
        var log = RandomLog(seed: seed, settings: Self.settings)
        var fold = LiveStatsFold(settings: Self.settings, timeZone: "Europe/Berlin", startingAt: log.now)
        for _ in 0..<150 {
            log.pass()
            fold.advance(to: log.now)
            fold.apply(log.append())
        }
        return fold.encoded()
    }

    @Test func `a state comes back as it was`() throws {
        let bytes = state()

        let fold = try #require(LiveStatsFold(decoding: bytes, settings: Self.settings))

        #expect(fold.encoded() == bytes)
    }

    @Test func `a state cut short or prolonged is none`() {
        let bytes = state()

        for length in 0..<bytes.count {
            #expect(LiveStatsFold(decoding: Array(bytes[..<length]), settings: Self.settings) == nil)
        }
        #expect(LiveStatsFold(decoding: bytes + [0], settings: Self.settings) == nil)
    }

    @Test func `a state of other settings is none`() {
        #expect(LiveStatsFold(decoding: state(), settings: LiveStatsSettings()) == nil)
    }

    @Test(arguments: 0..<8)
    func `a damaged state is refused or harmless`(seed: Int) {
        let bytes = state(seed: seed)
        var generator = SeededGenerator(seed: seed)
        let later: Milliseconds = 1_800_000_000_000
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
            guard var fold = LiveStatsFold(decoding: damaged, settings: Self.settings) else { continue }
            _ = fold.sample(at: later, openUsers: [])
            _ = fold.encoded()
        }
    }

    @Test(arguments: 0..<50)
    func `random bytes are no state`(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let start = Array(state().prefix(Int.random(in: 0...40, using: &generator)))
        let bytes = start + (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &generator) }

        #expect(LiveStatsFold(decoding: bytes, settings: Self.settings) == nil)
    }
}
