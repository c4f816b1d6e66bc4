import Foundation
import Testing
import TidelineClient

/// Random worlds: whatever happens, in whatever order, some things hold.
struct FeedMachinePropertyTests {
    @Test(arguments: 1...200) func `there is never a second transfer, and a running feed never gets stuck`(seed: UInt64)
        throws
    {
        var generator = SeededGenerator(seed: seed)
        var stage = try Stage.connecting(chance: Double(seed % 7) / 7) { $1.lastEventID = "e-1" }
        stage.endsCancelled = seed.isMultiple(of: 2)
        var isFull = false
        var isRunning = true

        for _ in 0..<300 {
            switch UInt.random(in: 0..<16, using: &generator) {
            case 0: stage.stream(Wire.connected())
            case 1: stage.bytes(Wire.event(Int.random(in: 2...9, using: &generator)))
            case 2: stage.bytes(Wire.closing("max_age", 700))
            case 3: stage.end(Bool.random(using: &generator) ? Broken() : nil)
            case 4: stage.answer([200, 301, 401, 429, 500, 503].randomElement(using: &generator) ?? 500)
            case 5: stage.answer(200, Wire.json, Wire.snapshot(head: 9))
            case 6: stage.answer(200, Wire.json, Wire.page([], next: 9, head: 9))
            case 7: stage.send(.reconnect)
            case 8: stage.send(.seek("e-3"))
            case 9:
                isFull.toggle()
                stage.send(isFull ? .bufferFull : .bufferDrained)
            case 10: if let old = stage.cancelled.last { stage.reportEnd(of: old) }
            case 11: stage.bytes(Wire.stats)
            case 12: stage.pass(.seconds(Int.random(in: 1...100, using: &generator)))
            case 13:
                stage.send(.end)
                isRunning = false
            case 14:
                stage.send(.begin(position: "e-2"))
                (isRunning, isFull) = (true, false)
            default: stage.bytes(": comment\n")
            }
            if case .closed = stage.state { isRunning = false }
            // At most one that has not been cancelled, besides those whose end is on its way.
            #expect(stage.open.filter { !stage.cancelled.contains($0) }.count <= 1)
            let isWaited = stage.machine.nextDeadline != nil
            #expect(isWaited || !isRunning || isFull, "stuck in \(stage.state)")
            #expect(isRunning || !isWaited)
        }
    }
}

/// A small generator with a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
