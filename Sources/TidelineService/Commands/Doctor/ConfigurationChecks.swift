import Networking

/// What is allowed, and still not wise.
enum ConfigurationChecks {
    /// - Parameter file: the configuration file in use.
    static func run(_ configuration: ServiceConfiguration, file: String?) -> [Finding] {
        let server = configuration.server
        let isPublic = server.listen.contains { (try? SocketAddress(parsing: $0))?.isLoopback == false }
        let isProxied = !isPublic && configuration.auth.secureCookies
        var findings: [Finding] = []
        if isPublic || isProxied, server.allowedHosts.isEmpty {
            findings.append(
                .warn(
                    "config.allowedHosts", "every Host is answered, and others than this machine reach the server",
                    "set server.allowedHosts to the names that people use, against DNS rebinding"))
        }
        if isPublic || isProxied, configuration.metrics.token.isEmpty {
            findings.append(
                .warn(
                    "config.metrics", "/metrics is for whoever connects from this machine, a proxy on it included",
                    "set metrics.token, or have the proxy refuse /metrics"))
        }
        if isPublic, !configuration.auth.secureCookies {
            findings.append(
                .warn(
                    "config.secureCookies", "session cookies and tokens cross the network without TLS",
                    "listen on 127.0.0.1, put a proxy with TLS in front (Config/nginx, Config/haproxy), set auth.secureCookies"
                ))
        }
        if configuration.auth.demoLogin {
            findings.append(
                .warn(
                    "config.demoLogin", "the login link of the demo is printed at each start",
                    "set auth.demoLogin false"))
        }
        if [.normal, .off].contains(configuration.storage.synchronous) {
            findings.append(
                .warn(
                    "config.synchronous",
                    "storage.synchronous is \(configuration.storage.synchronous.rawValue): a power cut may lose acknowledged events",
                    "set it to FULL"))
        }
        if max(configuration.streams.heartbeat, configuration.streams.quietHeartbeat) >= .seconds(60) {
            findings.append(
                .warn(
                    "config.heartbeat", "proxies cut connections that are silent for 60 s",
                    "set streams.heartbeat below 55s"))
        }
        if let file, PlainFile.isReadableByOthers(file),
            !configuration.auth.jwt.secret.isEmpty || !configuration.metrics.token.isEmpty,
            ProcText.read(file)?.contains("ecret") == true || ProcText.read(file)?.contains("token:") == true
        {
            findings.append(
                .warn(
                    "config.file", "\(file) holds secrets and others may read it",
                    "chmod 600 \(file), or set them in the environment"))
        }
        return findings.isEmpty ? [.ok("config", "nothing to object to")] : findings
    }
}
