import Access
import Broadcast
import Events
import HTTPServer
import Networking
import Synchronization
import Telemetry

/// Takes over the keys of a newly read configuration that can change while the server runs (``ConfigurationKey/reload``).
///
/// One immutable snapshot follows another: a copy of the ``ServiceContext`` with the new configuration and what is made of
/// it, and the routes over that copy. Each loop changes over between two requests, so that a request sees one snapshot from
/// its beginning to its end, and reads it without a lock. No stream is touched; delivery reads nothing of it.
final class Reload: Sendable {
    /// What came of a new configuration, by the paths of keys.
    struct Outcome: Sendable, Equatable {
        /// Keys that have taken effect.
        var changed: [String] = []
        /// Keys that differ from those the server was started with and wait for a restart.
        var waiting: [String] = []
    }

    private static let keys = "auth.jwt.keys"

    private let current: Mutex<ServiceContext>
    private let secret: Secret
    private let staticFiles: StaticFiles?
    private let service: HTTPService

    init(context: ServiceContext, secret: Secret, staticFiles: StaticFiles?, service: HTTPService) {
        current = Mutex(context)
        self.secret = secret
        self.staticFiles = staticFiles
        self.service = service
    }

    /// Applies `next`, whole or not at all; any thread but a loop's.
    /// - Parameter started: what was read when the server started.
    /// - Throws: what of `next` cannot be used; nothing has changed then.
    func apply(
        _ next: ServiceConfiguration, startedWith started: ServiceConfiguration
    ) throws(StartFailure) -> Outcome {
        try current.withLock { (context) throws(StartFailure) in
            var (snapshot, outcome) = (context.configuration, Outcome())
            for key in ConfigurationKey.table {
                switch key.reload {
                case .restart:
                    if key.read(next) != key.read(started) { outcome.waiting.append(key.path) }
                case .reload, .afterwards:
                    guard key.read(next) != key.read(snapshot) else { continue }
                    key.write(&snapshot, key.read(next))
                    outcome.changed.append(key.path)
                }
            }
            // The files of keys may have changed under the same names.
            if !snapshot.auth.jwt.keys.isEmpty, !outcome.changed.contains(Self.keys) {
                outcome.changed.append(Self.keys)
            }
            if !outcome.changed.isEmpty { context = try change(context, to: snapshot) }
            return outcome
        }
    }

    /// The one place where a snapshot replaces another. Whatever can fail comes first.
    private func change(
        _ context: ServiceContext, to configuration: ServiceConfiguration
    ) throws(StartFailure) -> ServiceContext {
        let verifier: TokenVerifier
        do throws(KeyFailure) {
            verifier = try configuration.verifier(secret)
        } catch {
            throw StartFailure(error.description)
        }

        var context = context
        context.configuration = configuration
        context.draftReader = configuration.draftReader
        service.use(ServiceApplication(context: context, staticFiles: staticFiles), settings: configuration.http)
        context.authenticator.use(verifier)
        context.hub.use(configuration.streamSettings)
        DescriptorLimit.raise(for: configuration.streams.maxConnections, context.diagnostics)
        return context
    }
}
