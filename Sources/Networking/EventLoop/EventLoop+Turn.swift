import CLinux
import Glibc
import Synchronization
import Telemetry

extension EventLoop {
    /// Starts the thread, named `tl-loop-N`. Once.
    package func start() {
        joining.withLock { thread in
            precondition(thread == nil, "a loop is started once")
            var created = pthread_t()
            let reference = unsafe Unmanaged.passRetained(self)
            let code = unsafe pthread_create(
                &created, nil,
                { argument in
                    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(argument!).takeRetainedValue()
                    loop.run()
                    return nil
                }, reference.toOpaque())
            precondition(code == 0, "a thread for an event loop could not be made")
            thread = created
        }
    }

    /// Asks the loop to end: it runs what is queued, closes its connections (``CloseReason/loopStopped``), and its thread exits.
    /// Any thread, any number of times.
    package func stop() {
        execute { self.isStopping = true }
    }

    /// Waits until the thread has exited. Not on the loop itself; a second call returns at once.
    package func join() {
        precondition(!isCurrent, "a loop cannot wait for itself")
        let thread = joining.withLock { $0.take() }
        if let thread { pthread_join(thread, nil) }
    }

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        _ = unsafe tideline_name_thread("tl-loop-\(index)")
        var ready = ReadyList()
        var hasMore = false
        while !isStopping {
            epoll.wait(into: &ready, timeout: hasMore ? 0 : sleepTime())
            let began = MonotonicTime.nanoseconds()
            time = MonotonicTime(milliseconds: began / 1_000_000)
            handshakeBudget = Self.handshakesPerTurn
            for index in 0..<ready.count {
                let (registration, bits) = ready[index]
                registrations.owner(of: registration)?.ready(bits)
            }
            hasMore = finishTurn()
            turns.increment()
            turnSeconds.observe(Double(MonotonicTime.nanoseconds() - began) * 1e-9)
        }
        shutDown()
        threadID.store(0, ordering: .relaxed)
    }

    /// How long epoll may wait, in milliseconds. Timers are compared with the clock as it is now, not as the turn began.
    private func sleepTime() -> Int32 {
        guard mailbox.fallAsleep() else { return 0 }
        guard let deadline = wheel.nextDeadline else { return -1 }
        let wait = deadline.milliseconds - MonotonicTime.nanoseconds() / 1_000_000
        return Int32(clamping: max(0, wait))
    }

    /// Everything of a turn but the descriptors' events.
    /// - Returns: whether the next turn must not wait.
    private func finishTurn() -> Bool {
        runJobs()
        while let action = wheel.popDue(at: time) { action() }
        rereadAll()
        var hasMore = false
        for hook in hooks where hook() { hasMore = true }
        flushAll()
        let hasClosed = reportClosed()
        return hasMore || hasClosed || !rereading.isEmpty || !dirty.isEmpty
    }

    private func runJobs() {
        mailbox.take(into: &batch)
        for job in batch {
            switch job {
            case .work(let work): work()
            case .task(let task):
                unsafe task.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
        }
        // A burst must not leave its memory behind for good.
        batch.removeAll(keepingCapacity: batch.capacity <= 4096)
    }

    private func rereadAll() {
        guard !rereading.isEmpty else { return }
        for connection in exchange(&rereading, with: []) { connection.reread() }
    }

    private func flushAll() {
        guard !dirty.isEmpty else { return }
        for connection in exchange(&dirty, with: []) { connection.flushDirty() }
    }

    /// - Returns: whether there were any: their handlers may have made work for the hooks.
    private func reportClosed() -> Bool {
        guard !closed.isEmpty else { return false }
        for connection in exchange(&closed, with: []) { connection.reportClosed() }
        return true
    }

    private func shutDown() {
        // Connections first, then what their handlers and other threads left behind, until nothing does.
        for owner in registrations.owners { owner.loopStopped() }
        repeat {
            _ = finishTurn()
            for owner in registrations.owners { owner.loopStopped() }
        } while !closed.isEmpty || !dirty.isEmpty || !mailbox.closeIfEmpty()
        hooks = []
        wheel = TimerWheel(now: time)
    }
}
