import Dispatch
package import Events
package import Networking
import Synchronization
package import Telemetry

/// Plays ``DemoScenario`` to a running server from a thread of its own, as a client of the public interface.
///
/// It creates the workspace where it is missing, gives a new one its past, then posts what happens as it happens. What
/// goes wrong is logged and tried again, ever more slowly; nothing here can end the server.
///
/// ```swift
/// let player = DemoPlayer(address: address, controlSocketPath: path, log: log) { issuer.token(for: operator) }
/// player.start()
/// …
/// player.stop()
/// ```
package final class DemoPlayer: Sendable {
    private let post: DemoPost
    private let seed: UInt64
    private let clock: @Sendable () -> Milliseconds
    private let rest = InterruptibleRest()
    private let thread = DispatchQueue(label: "tideline.demo")
    private let life = DispatchGroup()

    /// - Parameters:
    ///   - address: where the server takes HTTP.
    ///   - controlSocketPath: where workspaces are made.
    ///   - seed: decides the whole story.
    ///   - token: makes an operator's token (`*` as admin); asked for at the start and when the last one counts no more.
    package init(
        address: SocketAddress, controlSocketPath: String, log: Log, seed: UInt64 = 7,
        clock: @escaping @Sendable () -> Milliseconds = WallClock.milliseconds,
        token: @escaping @Sendable () -> String
    ) {
        post = DemoPost(
            address: address, control: .unix(path: controlSocketPath), log: log, rest: rest, token: token)
        self.seed = seed
        self.clock = clock
    }

    /// Starts to play; once.
    package func start() {
        thread.async(group: life) { self.play() }
    }

    /// Ends the play and waits until the thread has ended: at most for the request it is in.
    package func stop() {
        rest.interrupt()
        life.wait()
    }

    private func play() {
        var sender = DemoSender(post)
        guard let isNew = sender.makeWorkspace() else { return }
        let now = clock()
        var scenario = DemoScenario(seed: seed, startingAt: isNew ? now - DemoScenario.historyLength : now)
        guard sender.send(batch: scenario.opening(), run: scenario.run) else { return }
        if isNew {
            guard sender.send(batch: scenario.history(until: now), run: scenario.run) else { return }
        }
        post.log.info(
            "demo is playing",
            [
                "demo.workspace": .string(DemoScenario.workspace), "demo.new": .bool(isNew),
                "demo.events": .integer(sender.accepted),
            ])
        while true {
            let (delay, event) = scenario.next()
            if rest.sleep(delay) { return }
            guard sender.send(event, run: scenario.run) else { return }
        }
    }
}

/// Sleep that can be ended from another thread, for good.
final class InterruptibleRest: Sendable {
    private let bell = DispatchSemaphore(value: 0)

    /// - Returns: whether the rest is over for ever.
    func sleep(_ duration: Duration) -> Bool {
        guard bell.wait(timeout: .now() + .milliseconds(Int(duration.milliseconds))) == .success else { return false }
        bell.signal()  // the next sleep ends at once, too
        return true
    }

    /// Ends this sleep and all that follow; any thread.
    func interrupt() { bell.signal() }
}
