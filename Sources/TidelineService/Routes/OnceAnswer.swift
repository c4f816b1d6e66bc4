import HTTPServer
import Synchronization

/// A responder that two may answer: whoever comes first does, from any thread.
final class OnceAnswer: Sendable {
    private let responder: Responder
    private let isSent = Atomic(false)

    init(_ responder: Responder) { self.responder = responder }

    func send(_ response: () -> Response) {
        guard isSent.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        responder.respond(response())
    }
}
