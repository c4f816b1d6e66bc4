import Glibc

/// A plain thread that runs one closure; joined exactly once by its owner.
struct LogThread: Sendable {
    private let identity: pthread_t

    /// Starts the thread with the signal mask of the caller.
    init(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
        let context = unsafe Unmanaged.passRetained(Body(body))
        var identity = pthread_t()
        let code = unsafe pthread_create(
            &identity, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .system("pthread_create", code)
        }
        self.identity = identity
    }

    /// Waits for the end of the thread.
    func join() {
        _ = pthread_join(identity, nil)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
