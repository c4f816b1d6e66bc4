/// A loop as executor: an actor may name it as its serial executor, a task may prefer it, and both then run on its thread in the
/// order of the mailbox. A task handed to a loop that has stopped never runs: loops stop last.
extension EventLoop: SerialExecutor, TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = post(.task(job))
        assert(isTaken, "a task was handed to a loop that has stopped")
    }

    package func checkIsolated() {
        preconditionCurrent()
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }
}
