import Synchronization

/// The structured log: one JSON object a line, on standard error.
///
/// ```swift
/// log.info("server started", ["listen.address": .string(address.text), "loops": 2])
/// // {"time":"2025-12-06T12:00:00.000Z","level":"info","message":"server started","listen.address":"127.0.0.1:8080","loops":2}
/// ```
/// The message is constant and lower-case; what varies goes into metadata under stable dotted keys. Metadata below the level is
/// not evaluated. A log is a value that shares its level with its copies; it is passed in, never global. Any thread may log.
package struct Log: Sendable {
    /// Takes one complete line, its LF included. Called on the logging thread; must not log itself.
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    private let threshold: Threshold
    private let sink: Sink
    private let wallClock: @Sendable () -> Int64

    /// - Parameters:
    ///   - level: the least level that is written.
    ///   - sink: where lines go; standard error unless a test captures them.
    ///   - wallClock: milliseconds since 1970, UTC.
    package init(
        level: LogLevel = .info, sink: @escaping Sink = Log.standardError,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.milliseconds
    ) {
        threshold = Threshold(level)
        self.sink = sink
        self.wallClock = wallClock
    }

    /// A log that keeps nothing, for tests that do not look at it.
    package static var discarded: Log { Log(level: .error, sink: { _ in }) }

    /// The least level that is written; a change is seen by every copy of this log.
    package var level: LogLevel {
        get { LogLevel(rawValue: threshold.value.load(ordering: .relaxed)) ?? .info }
        nonmutating set { threshold.value.store(newValue.rawValue, ordering: .relaxed) }
    }

    package func debug(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.debug, message, metadata)
    }

    package func info(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.info, message, metadata)
    }

    package func warning(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, LogValue> = [:])
    {
        write(.warning, message, metadata)
    }

    package func error(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.error, message, metadata)
    }

    private func write(_ level: LogLevel, _ message: StaticString, _ metadata: () -> KeyValuePairs<String, LogValue>) {
        guard level.rawValue >= threshold.value.load(ordering: .relaxed) else { return }
        sink(LogLine.encode(time: wallClock(), level: level, message: message.description, metadata: metadata()))
    }

    /// The shared level.
    private final class Threshold: Sendable {
        let value: Atomic<Int>
        init(_ level: LogLevel) { value = Atomic(level.rawValue) }
    }
}
