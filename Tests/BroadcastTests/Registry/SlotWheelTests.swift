import Testing

@testable import Broadcast

struct SlotWheelTests {
    @Test(arguments: 0..<20) func `the wheel keeps every appointment as a plain list does`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var wheel = SlotWheel(granularity: 10, buckets: 16, now: 0)
        var oracle: [Int32: Int64] = [:]
        var now: Int64 = 0

        for _ in 0..<2_000 {
            let slot = Int32(random.below(40))
            switch random.below(4) {
            case 0:
                wheel.cancel(slot)
                oracle[slot] = nil
            case 1:
                now += Int64(random.below(400))
                var due: ContiguousArray<Int32> = []
                wheel.advance(to: now, &due)
                let expected = oracle.filter { ($0.value + 9) / 10 <= now / 10 }.keys
                #expect(Set(due) == Set(expected) && due.count == expected.count)
                for slot in expected { oracle[slot] = nil }
            default:
                let time = now + 1 + Int64(random.below(1_000))
                wheel.schedule(slot, at: time)
                // An appointment is never earlier than the next tick.
                oracle[slot] = max(time, (now / 10 + 1) * 10)
            }
            #expect(wheel.count == oracle.count)
        }
    }
}
