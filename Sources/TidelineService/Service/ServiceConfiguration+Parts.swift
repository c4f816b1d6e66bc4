import Access
import Broadcast
import Events
import Glibc
import HTTPProtocol
import HTTPServer
import Persistence
import Projections

/// The settings of each module, as the configuration tree holds them.
extension ServiceConfiguration {
    /// `server.loops`; 0: one a core.
    var loopCount: Int {
        let count = server.loops > 0 ? server.loops : sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return min(max(count, 1), 64)
    }

    var logSettings: LogSettings {
        let path = storage.databasePath
        let slash = path.lastIndex(of: "/")
        var settings = LogSettings(directory: slash.map { String(path[..<$0]) } ?? ".")
        settings.fileName = slash.map { String(path[path.index(after: $0)...]) } ?? path
        settings.synchronous = LogSettings.Synchronous(rawValue: storage.synchronous.rawValue) ?? .full
        settings.retain = storage.retain.milliseconds
        settings.auditRetain = storage.auditRetain.milliseconds
        settings.idempotencyRetention = ingest.idempotencyRetention.milliseconds
        settings.maximumQueuedEvents = ingest.queueEvents
        settings.maximumQueuedBytes = ingest.queueBytes
        return settings
    }

    var streamSettings: StreamSettings {
        var settings = StreamSettings()
        settings.heartbeat = streams.heartbeat
        settings.quietHeartbeat = min(streams.quietHeartbeat, streams.heartbeat)
        settings.statsInterval = streams.statsInterval
        settings.maximumAge = streams.maxAge
        settings.cleanupInterval = streams.cleanupInterval
        settings.outboxBytes = streams.outboxBytes
        settings.stallTimeout = streams.stallTimeout
        settings.replayMemory = streams.replayMemory
        settings.replayLimit = streams.replayLimit
        settings.maximumConnections = streams.maxConnections
        settings.maximumConnectionsPerUser = streams.maxConnectionsPerUser == 0 ? .max : streams.maxConnectionsPerUser
        settings.adminCloseHold = streams.adminCloseHold
        settings.retry = streams.retry
        return settings
    }

    var liveStats: LiveStatsSettings {
        LiveStatsSettings(
            activeUserWindow: stats.activeUserWindow.milliseconds, onlineWindow: stats.onlineWindow.milliseconds,
            sessionWindow: stats.sessionWindow.milliseconds, channelWindow: stats.channelWindow.milliseconds,
            orchestratorWindow: stats.orchestratorWindow.milliseconds, maximumEventTypes: stats.maximumEventTypes)
    }

    var http: HTTPServerSettings {
        HTTPServerSettings(
            limits: HTTP1Limits(maximumHeadBytes: limits.headerBytes), headTimeout: limits.headerTimeout,
            bodyTimeout: limits.bodyTimeout, idleTimeout: limits.idleTimeout)
    }

    var draftReader: DraftReader {
        DraftReader(
            maximumEventBytes: limits.bodyBytes, maximumDepth: limits.jsonDepth,
            acceptsUnknownTypes: events.unknownTypes == .accept, hash: { OpenSSLDigest.sha256($0) })
    }

    /// The verifier of bearer tokens: of those signed with `secret`, and with the keys in `auth.jwt.keys`. Reads their
    /// files; blocks.
    func verifier(_ secret: Secret) throws(KeyFailure) -> TokenVerifier {
        TokenVerifier(
            keys: [VerificationKey(hs256: secret)] + (try publicKeys()),
            purpose: .bearer(audience: auth.jwt.audience.isEmpty ? nil : auth.jwt.audience),
            issuer: auth.jwt.issuer.isEmpty ? nil : auth.jwt.issuer)
    }

    /// The keys in `auth.jwt.keys`, read from their files.
    func publicKeys() throws(KeyFailure) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for text in auth.jwt.keys {
            guard let file = KeyFile(text) else { throw KeyFailure(message: "\(text) is not KID=ALG:PATH") }
            guard !keys.contains(where: { $0.id == file.id }) else {
                throw KeyFailure(message: "two keys are named \(file.id); a token could not say which signed it")
            }
            do throws(KeyFileError) {
                keys.append(try file.load())
            } catch {
                throw KeyFailure(message: "\(file.id): \(file.path) \(error)")
            }
        }
        return keys
    }
}

/// Why the keys in `auth.jwt.keys` cannot be used, for the operator.
struct KeyFailure: Error, CustomStringConvertible {
    let message: String

    var description: String { "auth.jwt.keys: \(message)" }
}
