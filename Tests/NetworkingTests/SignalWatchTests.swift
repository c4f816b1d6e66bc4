import Glibc
import Networking
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalWatchTests {
    @Test func `blocked signals arrive as work of the loop`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let signals = Feed<String>()
            await loop.run { SignalWatch.block() }
            try SignalWatch.start(on: loop) { signals.send("\($0) \(loop.isCurrent)") }

            for (number, text) in [(SIGHUP, "hangUp true"), (SIGTERM, "terminate true"), (SIGINT, "interrupt true")] {
                // To that thread alone: no other of the test process blocks them.
                await loop.run { _ = pthread_kill(pthread_self(), number) }
                #expect(await signals.next() == text)
            }
        }
    }
}
