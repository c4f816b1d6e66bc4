import Networking
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    @Test func `jobs of many threads all run, each thread's in order`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let finished = Feed<Bool>()
            let state = LoopBound(sending: Arrivals(threads: 8), loop: loop)

            for thread in 0..<8 {
                Thread.run {
                    for number in 0..<5000 {
                        loop.execute {
                            if state.value.arrive(thread, number, last: 4999) { finished.send(state.value.isOrdered) }
                        }
                    }
                }
            }

            #expect(await finished.next() == true)
        }
    }

    @Test func `a loop that falls asleep between jobs misses none`() async throws {
        try await withLoops(2) { group in
            let done = Feed<Int>()
            let rounds = 20_000

            // Ping-pong: each loop is asleep or about to be when its job comes.
            @Sendable func bounce(_ count: Int) {
                if count == rounds { return done.send(count) }
                group.loops[count % 2].execute { bounce(count + 1) }
            }
            bounce(0)

            #expect(await done.next() == rounds)
        }
    }

    @Test func `a timer fires once, not early, and a cancelled one never`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let fired = Feed<Duration>()

            loop.execute {
                let start = loop.now
                let cancelled = loop.schedule(after: .milliseconds(5)) { fired.send(.seconds(-1)) }
                _ = loop.schedule(after: .milliseconds(40)) { fired.send(loop.now - start) }
                loop.cancel(cancelled)
            }

            #expect(await fired.next() ?? .zero >= .milliseconds(40))
            #expect(fired.pending.isEmpty)
        }
    }

    @Test func `a timer may schedule itself again without starving the loop`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let ticks = Feed<Int>()

            @Sendable func again(_ count: Int) {
                ticks.send(count)
                if count < 3 { _ = loop.schedule(after: .zero) { again(count + 1) } }
            }
            loop.execute { again(0) }

            for expected in 0...3 { #expect(await ticks.next() == expected) }
        }
    }

    @Test func `a hook runs in every turn and again at once while it has more`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let calls = Feed<Int>()

            loop.execute {
                var left = 3
                loop.onTurnEnd {
                    calls.send(left)
                    left -= 1
                    return left > 0
                }
            }

            for expected in [3, 2, 1] { #expect(await calls.next() == expected) }
            await loop.run {}
            #expect(await calls.next() == 0)
        }
    }

    @Test func `an actor whose executor is a loop runs there`() async throws {
        try await withLoops { group in
            let home = Home(loop: group.loops[0])

            #expect(await home.isOnLoop())
            #expect(await home.sum(1000) == 499_500)
        }
    }

    @Test func `a task that prefers a loop runs there after every suspension`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]

            let places = await Task(executorPreference: loop) {
                let before = loop.isCurrent
                await Task.yield()
                return (before, loop.isCurrent)
            }.value

            #expect(places == (true, true))
        }
    }

    @Test func `a stopping loop runs what was queued before and refuses what comes later`() async throws {
        let loop = try EventLoop(index: 0, log: .discarded, metrics: MetricsRegistry())
        let ran = Feed<Int>()
        loop.execute { ran.send(1) }
        loop.stop()
        loop.execute {
            ran.send(2)
            loop.execute { ran.send(3) }
        }

        loop.start()
        loop.join()

        #expect(ran.pending == [1, 2, 3])
        #expect(!loop.execute { ran.send(4) })
    }

    @Test func `a stopping loop closes its connections`() async throws {
        let group = try LoopGroup(count: 1, log: .discarded, metrics: MetricsRegistry())
        group.start()
        let pair = try await Pair.make(on: group.loops[0])

        group.stop()
        group.join()

        #expect(pair.notices.pending == [.closed(.loopStopped)])
        #expect(group.loops[0].connectionCount == 0)
    }

    @Test func `turns are measured`() async throws {
        let metrics = MetricsRegistry()
        try await withLoops(metrics: metrics) { group in
            await group.loops[0].run {}
            await group.loops[0].run {}
        }

        let text = String(decoding: metrics.prometheusText(), as: UTF8.self)
        #expect(text.contains(#"tideline_loop_turn_seconds_bucket{loop="0",le="+Inf"}"#))
        #expect(text.contains("tideline_loop_mailbox_depth{loop=\"0\"} 0\n"))
        #expect(metrics.counter("tideline_loop_turns_total", help: "", labels: ["loop": "0"]).value >= 2)
    }
}

/// What one loop has seen of each thread; confined to it.
private final class Arrivals {
    private var next: [Int]
    private var open: Int
    private(set) var isOrdered = true

    init(threads: Int) {
        next = Array(repeating: 0, count: threads)
        open = threads
    }

    /// - Returns: whether all threads have sent their last.
    func arrive(_ thread: Int, _ number: Int, last: Int) -> Bool {
        if next[thread] != number { isOrdered = false }
        next[thread] = number + 1
        if number == last { open -= 1 }
        return open == 0
    }
}

private actor Home {
    private let loop: EventLoop
    private var total = 0

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    func isOnLoop() -> Bool { loop.isCurrent }

    func sum(_ count: Int) async -> Int {
        for number in 0..<count {
            total += number
            await Task.yield()
        }
        return total
    }
}
