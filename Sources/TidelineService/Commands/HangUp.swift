import Dispatch
import Synchronization
import Telemetry

/// SIGHUP: reads file, environment and arguments again as the server was started with them, and applies what can change.
///
/// A configuration with a mistake changes nothing. Reading may block, so it happens on a queue, one reload after another.
final class HangUp: Sendable {
    private let options: ConfigurationOptions
    private let environment: [String: String]
    private let started: ServiceConfiguration
    private let reload: Reload
    private let log: Log
    private let queue = DispatchQueue(label: "tideline.reload")
    private let isOver = Atomic(false)

    /// - Parameter started: what was read when the server started.
    init(
        _ options: ConfigurationOptions, environment: [String: String], started: ServiceConfiguration, reload: Reload,
        log: Log
    ) {
        self.options = options
        self.environment = environment
        self.started = started
        self.reload = reload
        self.log = log
    }

    /// The signal came; returns at once.
    /// - Parameter whenDone: called behind the reload, whatever came of it; on the queue.
    func receive(whenDone: @escaping @Sendable () -> Void) {
        queue.async { [self] in
            guard !isOver.load(ordering: .relaxed) else { return }
            perform()
            whenDone()
        }
    }

    /// The server drains: waits for a reload under way, unless a disk holds it up, and ignores the signal from now on.
    func end() {
        isOver.store(true, ordering: .relaxed)
        let idle = DispatchSemaphore(value: 0)
        queue.async { idle.signal() }
        _ = idle.wait(timeout: .now() + .seconds(2))
    }

    private func perform() {
        let next: ServiceConfiguration
        do throws(ConfigurationFailure) {
            next = try options.load(environment: environment).configuration
        } catch {
            return refuse(error)
        }
        do throws(StartFailure) {
            let outcome = try reload.apply(next, startedWith: started)
            tell(outcome, level: LogLevel(next.log.level.rawValue) ?? .info)
        } catch {
            log.error("configuration not reloaded", ["expectation": .string(error.message)])
        }
    }

    private func refuse(_ failure: ConfigurationFailure) {
        for problem in failure.problems {
            var (source, line) = (problem.source.description, 0)
            if case .file(let path, let number) = problem.source { (source, line) = (path, number) }
            log.error(
                "configuration not reloaded",
                [
                    "key": .string(problem.key ?? ""), "source": .string(source), "line": .integer(line),
                    "expectation": .string(problem.detail),
                ])
        }
    }

    /// Said at the more talkative of the two levels, so that turning the log down is the last thing it tells.
    private func tell(_ outcome: Reload.Outcome, level: LogLevel) {
        log.level = min(level, log.level)
        log.info("configuration reloaded", ["changed": .string(outcome.changed.joined(separator: " "))])
        if !outcome.waiting.isEmpty {
            log.warning(
                "configuration keys wait for a restart", ["keys": .string(outcome.waiting.joined(separator: " "))])
        }
        log.level = level
    }
}
