import Synchronization

/// Whether the writer has the database open; read by anyone, so that readiness costs no append.
final class WriterHealth: Sendable {
    private let open = Atomic(false)

    var isOpen: Bool { open.load(ordering: .relaxed) }

    func note(isOpen: Bool) { open.store(isOpen, ordering: .relaxed) }
}
