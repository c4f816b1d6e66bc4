import Events
import Foundation
import Persistence
import Synchronization
import Telemetry

/// A data directory of its own, and what a log needs around it; the directory goes with the last reference.
final class TestStore: Sendable {
    let directory: String
    let clock = TestClock()
    let sink = RecordingSink()
    let metrics = MetricsRegistry()
    let lines = LogCapture()

    init() {
        directory = FileManager.default.temporaryDirectory.appending(path: "tideline-\(UUID().uuidString)").path()
    }

    deinit {
        // A directory that was never made is gone already.
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Opens and starts a log on the directory; the caller closes it.
    func open(
        judge: any AppendJudge = AllowingJudge(), faults: CommitFaults = .none,
        _ adjust: (inout LogSettings) -> Void = { _ in }
    ) throws -> EventLog {
        var settings = LogSettings(directory: directory)
        settings.readers = 1
        settings.checksInBackground = false
        adjust(&settings)
        let clock = clock
        let lines = lines
        let log = try EventLog(
            settings: settings, judge: judge, clock: { clock.now },
            log: Log(level: .debug, sink: { line in lines.append(line) }), metrics: metrics, faults: faults)
        try log.start(sink: sink)
        return log
    }

    /// Puts `text` in the place of the database file.
    func replaceDatabase(with text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: directory + "/tideline.db"))
    }

    /// Another connection to the database file, to look at it or to spoil it.
    func connection() throws -> SQLiteConnection {
        try SQLiteConnection(path: directory + "/tideline.db", mode: .write)
    }
}

/// A wall clock that moves when it is told to.
final class TestClock: Sendable {
    private let time = Atomic<Milliseconds>(1_764_979_200_000)

    var now: Milliseconds { time.load(ordering: .relaxed) }

    func advance(by milliseconds: Milliseconds) { time.add(milliseconds, ordering: .relaxed) }
}

/// Keeps every committed group.
final class RecordingSink: CommitSink {
    private let kept = Mutex<[CommittedGroup]>([])
    private let hook = Mutex<@Sendable (CommittedGroup) -> Void>({ _ in })

    var groups: [CommittedGroup] { kept.withLock { $0 } }

    var events: [CommittedEvent] { groups.flatMap(\.batches).flatMap(\.events) }

    /// Runs `body` on the writer's thread for each later group.
    func onGroup(_ body: @escaping @Sendable (CommittedGroup) -> Void) { hook.withLock { $0 = body } }

    func committed(_ group: CommittedGroup) {
        kept.withLock { $0.append(group) }
        hook.withLock { $0 }(group)
    }
}

/// Keeps the lines of a log, and tells who waits for one.
final class LogCapture: Sendable {
    private struct State {
        var text = ""
        var waiting: [(part: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    func append(_ line: [UInt8]) {
        let line = String(decoding: line, as: UTF8.self)
        let met = state.withLock { state in
            state.text += line
            let met = state.waiting.filter { line.contains($0.part) }
            state.waiting.removeAll { line.contains($0.part) }
            return met
        }
        for (_, continuation) in met { continuation.resume() }
    }

    /// Returns once there is a line with `part`.
    func line(containing part: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.text.contains(part) { return true }
                state.waiting.append((part, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

struct AllowingJudge: AppendJudge {
    func denial(
        of draft: EventDraft, by principal: Principal, in directory: some DirectoryView, target: MessageRecord?
    ) -> AppendDenial? { nil }
}

/// Holds the writer inside the sink until it is opened.
final class Gate: Sendable {
    private let (arrivals, arrival) = AsyncStream<Void>.makeStream()
    private let opened = DispatchSemaphore(value: 0)
    private let isUsed = Atomic(false)

    /// Blocks the writer's thread, the first time only.
    func pass() {
        if isUsed.exchange(true, ordering: .relaxed) { return }
        arrival.yield()
        opened.wait()
    }

    func waitForArrival() async {
        for await _ in arrivals { return }
    }

    func open() { opened.signal() }
}
