import Synchronization

/// What has come in so far, in order, and those who wait for something in it: the one way in which tests wait.
///
/// Any thread may append; each wait has a limit and fails with the last elements seen, so that a red test explains itself.
final class Journal<Element: Sendable>: Sendable {
    private struct Waiter {
        let from: Int
        let matches: @Sendable (Element) -> Bool
        let resume: CheckedContinuation<(index: Int, element: Element), any Error>
    }

    private enum Fate { case found(Int, Element), finished, waits }

    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let name: String

    /// - Parameter name: what it holds, for messages: "log line", "event".
    init(of name: String) { self.name = name }

    var elements: [Element] { state.withLock { $0.elements } }
    var isFinished: Bool { state.withLock { $0.isFinished } }

    func append(_ element: Element) {
        let served = state.withLock { state in
            let index = state.elements.count
            state.elements.append(element)
            let served = state.waiters.filter { $0.value.from <= index && $0.value.matches(element) }
            for key in served.keys { state.waiters[key] = nil }
            return served.values.map { ($0.resume, index) }
        }
        for (resume, index) in served { resume.resume(returning: (index, element)) }
    }

    /// Nothing more will come: everyone who still waits fails at once.
    func finish() {
        let left = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in left { waiter.resume.resume(throwing: failure("ended before the one waited for")) }
    }

    /// The first element at or after `from` that matches, there already or still to come, and its index.
    /// - Throws: ``WaitError`` after `limit`, or when the journal is finished without one.
    func first(
        from: Int = 0, within limit: Duration = .seconds(10), where matches: @escaping @Sendable (Element) -> Bool
    ) async throws -> (index: Int, element: Element) {
        let key = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            self.giveUp(key, "did not come within \(limit)")
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { resume in
                enlist(Waiter(from: from, matches: matches, resume: resume), as: key)
            }
        } onCancel: {
            giveUp(key, "was no longer waited for")
        }
    }

    private func enlist(_ waiter: Waiter, as key: Int) {
        let fate = state.withLock { state -> Fate in
            if waiter.from < state.elements.count {
                let rest = state.elements[waiter.from...]
                if let index = rest.firstIndex(where: waiter.matches) { return .found(index, state.elements[index]) }
            }
            if state.isFinished { return .finished }
            state.waiters[key] = waiter
            return .waits
        }
        switch fate {
        case .found(let index, let element): waiter.resume.resume(returning: (index, element))
        case .finished: waiter.resume.resume(throwing: failure("ended before the one waited for"))
        case .waits: if Task.isCancelled { giveUp(key, "was no longer waited for") }
        }
    }

    private func giveUp(_ key: Int, _ reason: String) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: key) }
        waiter?.resume.resume(throwing: failure(reason))
    }

    private func failure(_ reason: String) -> WaitError {
        let last = elements.suffix(8).map { "  \($0)" }.joined(separator: "\n")
        return WaitError(description: "the \(name) \(reason); the last of \(elements.count):\n\(last)")
    }
}

/// Something did not happen in time.
struct WaitError: Error, CustomStringConvertible {
    let description: String
}
