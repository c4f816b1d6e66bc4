import Events
import Networking

/// Whether the server runs, is ready, and has its addresses; or could have them.
enum ServerChecks {
    static func run(_ configuration: ServiceConfiguration, _ server: RunningServer) -> [Finding] {
        var findings = [readiness(server)]
        for text in configuration.server.listen {
            guard let address = try? SocketAddress(parsing: text) else { continue }  // refused when it was loaded
            findings.append(listening(address, isServerRunning: server.processID != nil))
        }
        return findings
    }

    private static func readiness(_ server: RunningServer) -> Finding {
        guard let processID = server.processID else {
            guard server.readiness != nil else { return .ok("server", "none runs on this data directory") }
            return .warn("server", "one answers, but does not hold the data directory", "is --data right?")
        }
        guard let reply = server.readiness else {
            return .fail(
                "server", "process \(processID) holds the data directory, but does not answer on its control socket",
                "it is starting, ending or stuck: look at its log; run doctor as its user")
        }
        if reply.status == 200 { return .ok("server", "process \(processID) is ready") }
        let parts =
            (try? JSONDocument(scanning: reply.body).root)?["parts"].map {
                String(decoding: $0.rawBytes, as: UTF8.self)
            } ?? ""
        return .fail("server", "process \(processID) is not ready: \(parts)", "see its log")
    }

    private static func listening(_ address: SocketAddress, isServerRunning: Bool) -> Finding {
        let check = "server.listen"
        if answersAsTideline(address) {
            if isServerRunning { return .ok(check, "\(address) is Tideline's") }
            return .fail(
                check, "\(address) is held by a Tideline with another data directory", "stop that, or listen elsewhere")
        }
        if address.isUnix || Listener.isFree(address) {
            if isServerRunning {
                return .warn(
                    check, "\(address) is free, though a server runs",
                    "it was started with other addresses, or passed sockets")
            }
            return .ok(check, "\(address) is free")
        }
        return .fail(
            check, "\(address) is in use by something else, is not this machine's, or needs rights",
            "ss -ltnp shows by whom")
    }

    private static func answersAsTideline(_ address: SocketAddress) -> Bool {
        let client = BlockingHTTPClient(address, timeout: .seconds(2))
        // No answer, or another's, is what is asked.
        guard let reply = try? client.exchange(.get("/healthz")) else { return false }
        return reply["x-request-id"] != nil && (reply.status == 200 || reply.status == 421)
    }
}
