import Foundation
import Synchronization
import TidelineClient

/// A client whose network, time and chance a test holds in its hands.
struct Scene {
    let transport = FakeTransport()
    let clock = ManualClock()
    let client: AnalyticsClient

    init(_ configure: (inout ClientConfiguration) -> Void = { _ in }) throws {
        guard let url = URL(string: "http://gate.test") else { throw CancellationError() }
        var configuration = ClientConfiguration(server: url) { _ in "t" }
        configuration.transport = transport
        configuration.clock = clock
        configuration.random = { 0.5 }
        configuration.sessionID = "session_1"
        configure(&configuration)
        client = AnalyticsClient(configuration)
    }
}

/// What callbacks wrote down.
final class Notes: Sendable {
    private let lines = Mutex<[String]>([])
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func add(_ line: String) {
        lines.withLock { $0.append(line) }
        continuation.yield(line)
    }

    /// The next line, there already or still to come.
    func next() async -> String? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }

    func next(_ count: Int) async -> [String] {
        var taken: [String] = []
        while taken.count < count, let line = await next() { taken.append(line) }
        return taken
    }

    var all: [String] { lines.withLock { $0 } }
}

extension EventFeed {
    /// Waits for a state.
    func wait(for matches: (FeedState) -> Bool) async {
        for await state in states where matches(state) { return }
    }
}
