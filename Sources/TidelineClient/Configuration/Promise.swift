import Synchronization

/// A value that somebody waits for and others race to give; the first wins.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, Never>])
        case given(Value)
    }

    private let state = Mutex(State.open([]))

    func give(_ value: Value) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value, Never>] in
            guard case .open(let waiters) = state else { return [] }
            state = .given(value)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// Heeds no cancellation: who cancels gives a value.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state -> Value? in
                    switch state {
                    case .given(let value): return value
                    case .open(let waiters):
                        state = .open(waiters + [continuation])
                        return nil
                    }
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }
}
