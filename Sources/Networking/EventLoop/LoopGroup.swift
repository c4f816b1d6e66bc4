package import Telemetry

/// The loops of the process: one a core, started and stopped together.
package struct LoopGroup: Sendable {
    /// At least one.
    package let loops: [EventLoop]

    /// Makes `count` loops (at least one) that do not run yet.
    package init(count: Int, log: Log, metrics: MetricsRegistry) throws(NetworkError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, count) {
            loops.append(try EventLoop(index: index, log: log, metrics: metrics))
        }
        self.loops = loops
    }

    /// Starts all threads. Block signals before: ``SignalWatch/block()``.
    package func start() {
        for loop in loops { loop.start() }
    }

    /// Asks all loops to end.
    package func stop() {
        for loop in loops { loop.stop() }
    }

    /// Waits until all have ended. Not on a loop.
    package func join() {
        for loop in loops { loop.join() }
    }

    /// The loop with the fewest connections; the first of equals.
    package var leastLoaded: EventLoop {
        var least = loops[0]
        var load = least.connectionCount
        for loop in loops.dropFirst() where loop.connectionCount < load {
            least = loop
            load = loop.connectionCount
        }
        return least
    }

    /// Where a connection that `loop` has accepted should live: on `loop`, unless it holds over a tenth, and at least 8, more than
    /// the least loaded. The margin keeps connections from wandering; long-lived ones, of which a proxy brings few, even out.
    func home(forAcceptedOn loop: EventLoop) -> EventLoop {
        let least = leastLoaded
        let (held, fewest) = (loop.connectionCount, least.connectionCount)
        return held >= fewest + 8 && held * 10 > fewest * 11 ? least : loop
    }
}
