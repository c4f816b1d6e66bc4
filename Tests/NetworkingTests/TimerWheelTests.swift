import Networking
import Testing

struct TimerWheelTests {
    @Test(arguments: 0..<40)
    func `fires what a sorted list fires, in the same tick`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var now = MonotonicTime(milliseconds: Int64.random(in: 0..<(1 << 40), using: &random))
        var wheel = TimerWheel<Int>(now: now)
        var oracle: [Int: Int64] = [:]
        var ids: [Int: TimerID] = [:]
        let reach = [20, 2000, 100_000, 5_000_000, 400_000_000, 2_000_000_000].randomElement(using: &random)!
        let tick = TimerWheel<Int>.tickMilliseconds

        for number in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let delay = Int64.random(in: 1...Int64(reach), using: &random)
                ids[number] = wheel.schedule(number, at: now + .milliseconds(delay))
                oracle[number] = (now.milliseconds + delay + tick - 1) / tick
            case 5..<7:
                guard let victim = oracle.keys.sorted().randomElement(using: &random) else { continue }
                oracle[victim] = nil
                let isCancelled = wheel.cancel(ids[victim]!)
                let isCancelledAgain = wheel.cancel(ids[victim]!)
                #expect(isCancelled && !isCancelledAgain)
            default:
                now = now + .milliseconds(Int64.random(in: 0...Int64(reach) / 4, using: &random))
                let due = oracle.filter { $0.value <= now.milliseconds / tick }
                var fired: [Int] = []
                while let payload = wheel.popDue(at: now) { fired.append(payload) }
                #expect(Set(fired) == Set(due.keys) && fired.count == due.count)
                #expect(fired.map { due[$0] ?? 0 } == due.values.sorted())
                for payload in fired { oracle[payload] = nil }
            }
            #expect(wheel.count == oracle.count)
            if let first = oracle.values.min() {
                let deadline = wheel.nextDeadline
                #expect(deadline.map { $0.milliseconds <= first * tick && $0 > now } == true)
            } else {
                #expect(wheel.nextDeadline == nil)
            }
        }
    }

    @Test(arguments: [1, 15, 16, 17, 1023, 1024, 1025, 65_536, 4_194_304, 268_435_456, 1_000_000_000] as [Int64])
    func `sleeping from deadline to deadline fires on time and wakes little`(delay: Int64) {
        var wheel = TimerWheel<Int>(now: MonotonicTime(milliseconds: 7))
        _ = wheel.schedule(1, at: MonotonicTime(milliseconds: 7 + delay))
        var wakes = 0
        var firedAt: Int64?

        while let deadline = wheel.nextDeadline {
            wakes += 1
            if wheel.popDue(at: deadline) != nil { firedAt = deadline.milliseconds }
        }

        #expect(firedAt == (7 + delay + 15) / 16 * 16)
        #expect(wakes <= 8)
    }

    @Test func `a timer scheduled while due ones are taken waits for the next tick`() {
        let now = MonotonicTime(milliseconds: 160)
        var wheel = TimerWheel<Int>(now: MonotonicTime(milliseconds: 0))
        _ = wheel.schedule(1, at: now)
        let first = wheel.popDue(at: now)

        _ = wheel.schedule(2, at: MonotonicTime(milliseconds: 0))

        let second = wheel.popDue(at: now)
        let third = wheel.popDue(at: MonotonicTime(milliseconds: 176))
        #expect([first, second, third] == [1, nil, 2])
    }

    @Test func `a due timer can be cancelled by an earlier one of its tick`() {
        let now = MonotonicTime(milliseconds: 160)
        var wheel = TimerWheel<Int>(now: MonotonicTime(milliseconds: 0))
        _ = wheel.schedule(1, at: now)
        let second = wheel.schedule(2, at: now)
        let first = wheel.popDue(at: now)

        let isCancelled = wheel.cancel(second)

        let next = wheel.popDue(at: now)
        #expect(first == 1 && isCancelled && next == nil)
    }

    @Test func `a stale id does not cancel the timer that took its place`() {
        var wheel = TimerWheel<Int>(now: MonotonicTime(milliseconds: 0))
        let stale = wheel.schedule(1, at: MonotonicTime(milliseconds: 100))
        wheel.cancel(stale)
        _ = wheel.schedule(2, at: MonotonicTime(milliseconds: 100))

        let isCancelled = wheel.cancel(stale)

        #expect(!isCancelled && wheel.count == 1)
    }
}
