import Access
import Events
import Networking
import Telemetry

/// What `serve --demo` adds to a running gateway: the player, and a link that signs the operator in once.
struct DemoHost {
    /// An operator's token lives long enough for a day's demo; the player asks for another when it ends.
    private static let tokenLifetime: Milliseconds = 86_400_000

    private let gateway: Gateway
    private let log: Log
    private let console: Console
    /// nil where there is nothing to play to; the log says why.
    private let player: DemoPlayer?

    init(_ gateway: Gateway, _ log: Log, console: Console = .standard()) {
        self.gateway = gateway
        self.log = log
        self.console = console
        player = Self.player(gateway, log)
    }

    func start() {
        guard let player, let address = gateway.addresses.first else { return }
        player.start()
        let person = DemoCast.people[0]
        var random = SystemRandomNumberGenerator()
        let token = gateway.login.token(
            for: UserID(validated: person.id), name: person.name,
            grants: WorkspaceGrants(named: [WorkspaceID(validated: DemoScenario.workspace): .admin]),
            now: gateway.context.clock(), using: &random)
        do throws(CommandFailure) {
            try console.write(line: "Open \(Self.origin(address))/#login=\(token) (once, within ten minutes)")
        } catch {
            log.warning("the login link was not printed", ["reason": .string(error.message)])
        }
    }

    func stop() { player?.stop() }

    private static func player(_ gateway: Gateway, _ log: Log) -> DemoPlayer? {
        let configuration = gateway.context.configuration
        guard let address = gateway.addresses.first else {
            log.warning("the demo needs an address of its own")
            return nil
        }
        do throws(SecretError) {
            let issuer = try TokenIssuer(configuration)
            let clock = gateway.context.clock
            return DemoPlayer(
                address: reachable(address), controlSocketPath: configuration.storage.controlSocketPath, log: log,
                clock: clock
            ) {
                issuer.token(
                    for: TokenClaims(
                        user: UserID(validated: "demo"), grants: WorkspaceGrants(everywhere: .admin),
                        issuedAt: clock(), expiresAt: clock() + tokenLifetime))
            }
        } catch {
            log.warning("the demo has no token", ["reason": .string(error.description)])
            return nil
        }
    }

    /// The address as this machine reaches it: an unspecified one (0.0.0.0, ::) listens on the loopback too.
    private static func reachable(_ address: SocketAddress) -> SocketAddress {
        switch address {
        case .v4(0, let port): .v4(0x7F00_0001, port: port)
        case .v6(0, 0, let port): .v6(0, 1, port: port)
        case .v4, .v6, .unix: address
        }
    }

    private static func origin(_ address: SocketAddress) -> String { "http://\(reachable(address).text)" }
}
