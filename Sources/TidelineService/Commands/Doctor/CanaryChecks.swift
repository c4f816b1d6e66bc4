import Access
import Events
import Networking
import ServerSentEvents
import Telemetry

/// The way of clients to the server and back, through whatever stands between: posts canaries and watches them arrive.
///
/// Canaries are `user.action` events in a workspace of their own, `tideline-doctor`, posted with the role ingest, which is
/// nobody's member: no figure that people look at contains them.
struct CanaryChecks {
    let url: ServiceURL
    private let authorities: String?
    private let workspace: String
    private let testsIdle: Bool
    private let givenToken: String?
    private let configuration: ServiceConfiguration
    private var token = ""
    /// Whatever answers, and however slowly, the checks end.
    private let deadline: ContinuousClock.Instant

    private static let count = 5
    /// What an event may take from its acknowledgement to the reader.
    private static let prompt: Duration = .milliseconds(500)
    private static let patience: Duration = .seconds(6)
    /// For all checks but the one that holds a stream for ``idleSpan``.
    private static let span: Duration = .seconds(60)
    private static let idleSpan: Duration = .seconds(75)

    /// - Parameter token: the given credential, if any.
    init(url: ServiceURL, options: DoctorOptions, configuration: ServiceConfiguration, token: String?) {
        self.url = url
        authorities = options.authorities
        workspace = options.workspace
        testsIdle = options.testsIdle
        givenToken = token
        deadline = .now + Self.span
        self.configuration = configuration
    }

    /// Runs the checks in order; ends early where the next have nothing to stand on.
    mutating func run(_ report: (Finding) throws(CommandFailure) -> Void) throws(CommandFailure) {
        do throws(CommandFailure) {
            if url.isSecure {
                let finding = try tls()
                try report(finding)
            }
            for finding in try health() { try report(finding) }
            try identify()
        } catch {
            return try report(
                .fail(
                    "url", error.message,
                    "can this machine reach \(url)? Name resolution, firewall, certificate (--ca-file)"))
        }
        do throws(CommandFailure) {
            token = try makeToken()
        } catch {
            return try report(
                .fail(
                    "url.token", error.message,
                    "tideline token --user doctor --workspace \(workspace)=ingest, then --token"))
        }
        do throws(CommandFailure) {
            guard try stream(report) else { return }
            try report(try largeBody())
            if testsIdle { try report(try idle()) }
        } catch {
            try report(.fail("url.stream", error.message, "see the log of the proxy"))
        }
    }

    // MARK: Getting there

    private func tls() throws(CommandFailure) -> Finding {
        let connection = try ProbeConnection(
            to: url, authorities: authorities, silence: .seconds(10), protocols: ["h2", "http/1.1"])
        guard let tls = connection.tls else { throw CommandFailure("no TLS") }
        return Self.tls(version: tls.version, daysLeft: tls.daysLeft ?? 0, offersHTTP2: tls.alpn == "h2")
    }

    static func tls(version: String, daysLeft: Int, offersHTTP2: Bool) -> Finding {
        let text = "\(version), certificate for another \(daysLeft) days, \(offersHTTP2 ? "HTTP/2" : "no HTTP/2")"
        if daysLeft < 14 { return .warn("url.tls", text, "renew the certificate") }
        guard offersHTTP2 else {
            return .warn("url.tls", text, "offer h2: over HTTP/1.1 a browser has six connections, so six tabs hang")
        }
        return .ok("url.tls", text)
    }

    private func health() throws(CommandFailure) -> [Finding] {
        let before = WallClock.milliseconds()
        let reply = try exchange("GET", "/healthz")
        let after = WallClock.milliseconds()
        guard reply.status == 200, reply["x-request-id"] != nil,
            (try? JSONDocument(scanning: reply.body).root)?["status"]?.string == "ok"
        else {
            throw CommandFailure(
                "\(url)/healthz answers \(reply.status)\(reply["server"].map { " from \($0)" } ?? ""), which is not Tideline"
            )
        }
        var findings = [
            Finding.ok(
                "url", "\(url) reaches Tideline in \(after - before) ms\(reply["server"].map { " by \($0)" } ?? "")")
        ]
        if !url.isSecure, try !reachesLoopback() {
            findings.append(
                .warn(
                    "url.plain", "\(url) is not encrypted: everybody on the way reads credentials and events",
                    "use https, also for this check"))
        }
        if let date = reply["date"].flatMap({ Self.milliseconds(ofDate: $0) }) {
            findings.append(Self.clock(differenceSeconds: (date - (before + after) / 2) / 1_000))
        }
        return findings
    }

    /// Before it is shown a credential: somebody else's server may say that it is alive as well, but not what our figures mean.
    private func identify() throws(CommandFailure) {
        let reply = try exchange("GET", "/api/definitions")
        let names = (try? JSONDocument(scanning: reply.body, limits: .stored).root)?.elements
            .compactMap { $0["name"]?.string }
        guard reply.status == 200, let names, names.contains("activeUsers"), names.contains("messagesToday") else {
            throw CommandFailure(
                "\(url)/api/definitions is answered \(reply.status), not as Tideline does; no credential was sent")
        }
    }

    /// Whether the URL leads to this machine only.
    private func reachesLoopback() throws(CommandFailure) -> Bool {
        try HostLookup.addresses(of: url.host, port: url.port).allSatisfy(\.isLoopback)
    }

    private func exchange(
        _ method: String, _ target: String, _ fields: [String] = [], body: [UInt8] = []
    ) throws(CommandFailure) -> HTTPReply {
        guard ContinuousClock.now < deadline else { throw Self.overdue }
        return try ProbeConnection.exchange(
            method, target, fields, body: body, at: url, authorities: authorities, until: deadline)
    }

    private static let overdue = CommandFailure("the checks took more than \(span), and were given up")

    /// The end of patience with what is asked for now.
    private var limit: ContinuousClock.Instant { min(.now + Self.patience, deadline) }

    /// Reads the form of `Date` (RFC 9110 §5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func milliseconds(ofDate text: String) -> Milliseconds? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp.parse("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }

    static func clock(differenceSeconds: Int64) -> Finding {
        let text = "the server's clock and this one differ by \(abs(differenceSeconds)) s"
        switch abs(differenceSeconds) {
        case ...2: return .ok("url.clock", text)
        case ...30: return .warn("url.clock", text, "synchronise both; tokens are judged by the server's")
        default: return .fail("url.clock", text, "synchronise both: beyond 60 s good tokens are refused")
        }
    }

    /// The given credential, or one that this installation signs; nothing is made that was not there.
    private func makeToken() throws(CommandFailure) -> String {
        if let givenToken { return givenToken }
        guard !configuration.auth.jwt.secret.isEmpty || PlainFile.exists(configuration.storage.secretPath) else {
            throw CommandFailure("there is no signing secret here to make a token with")
        }
        guard let workspace = WorkspaceID(workspace) else {
            throw CommandFailure("\(workspace) is no workspace's name")
        }
        do throws(SecretError) {
            let now = WallClock.milliseconds()
            var random = SystemRandomNumberGenerator()
            return try TokenIssuer(configuration).token(
                for: TokenClaims(
                    user: UserID(validated: "doctor"), name: nil, grants: WorkspaceGrants(named: [workspace: .ingest]),
                    issuedAt: now, expiresAt: now + 600_000, tokenID: EventID.make(now: now, using: &random).text))
        } catch {
            throw CommandFailure(error.description)
        }
    }

    // MARK: The stream

    private var path: String { "/api/workspaces/\(workspace)/analytics/realtime" }
    private var authorization: String { "Authorization: Bearer \(token)" }

    private func open(after position: String? = nil, silence: Duration = .seconds(1)) throws(CommandFailure)
        -> ProbeStream
    {
        guard ContinuousClock.now < deadline else { throw Self.overdue }
        let connection = try ProbeConnection(to: url, authorities: authorities, silence: silence)
        // As a browser: a proxy that compresses would do it now.
        return try ProbeStream(
            connection, path + "?stats=off", [authorization, "Accept-Encoding: gzip, deflate, br"], after: position)
    }

    /// - Returns: whether the credential is good, so that more can be asked.
    private func stream(_ report: (Finding) throws(CommandFailure) -> Void) throws(CommandFailure) -> Bool {
        let stream = try open()
        guard let head = try stream.head(until: limit) else {
            if stream.isEnded {
                try report(Self.ended("before the stream's headers"))
                return true
            }
            try report(
                .fail("url.headers", "the stream's headers did not come within \(Self.patience)", Self.bufferingRemedy))
            return true
        }
        guard head.status == 200 else {
            try report(refused(head))
            return false
        }
        try report(Self.headers(head))
        guard head["content-encoding"] == nil else { return true }
        guard try stream.next(until: limit, where: { $0.type == "connected" }) != nil else {
            if stream.isEnded {
                try report(Self.ended("before the first event"))
                return true
            }
            try report(.fail("url.buffering", "not one event came within \(Self.patience)", Self.bufferingRemedy))
            return true
        }
        var delays: [Duration?] = []
        var first = stream.position
        for number in 1...Self.count {
            let id = try post(number)
            let acknowledged = ContinuousClock.now
            let event = try stream.next(until: limit) { $0.id == id }
            delays.append(event.map { _ in acknowledged.duration(to: .now) })
            if number == 2 { first = id }
            if event == nil { break }
        }
        if delays.contains(nil), stream.isEnded {
            try report(Self.ended("after \(delays.count - 1) of \(Self.count) canaries"))
            return true
        }
        try report(Self.buffering(delays))
        if !delays.contains(nil) { try report(try resumption(after: first, expected: Self.count - 2)) }
        return true
    }

    private func refused(_ head: HTTPReply) -> Finding {
        .fail(
            "url.stream", CommandFailure(head).message,
            head.status == 401
                ? "give a valid --token" : "the token must be for the workspace \(workspace) (or give --workspace)")
    }

    /// Nobody held anything back: there was nobody any more.
    private static func ended(_ moment: String) -> Finding {
        .fail(
            "url.stream", "the connection was closed \(moment)",
            "see the logs of the proxy and of Tideline: a restart, a limit of connections, or a time-out that is too short"
        )
    }

    private static let bufferingRemedy =
        "turn buffering off on the way (nginx: proxy_buffering off; others: flush each write), see Config/nginx and Config/haproxy"

    static func headers(_ head: HTTPReply) -> Finding {
        let type = head["content-type"] ?? "none"
        guard type.lowercased().hasPrefix("text/event-stream") else {
            return .fail("url.headers", "the stream arrives as \(type)", "let the proxy leave Content-Type as it is")
        }
        if let coding = head["content-encoding"] {
            return .fail(
                "url.headers", "the stream is compressed on the way (\(coding)), so events wait in the compressor",
                "exclude text/event-stream from compression")
        }
        let control = head["cache-control"] ?? ""
        guard control.contains("no-store") || control.contains("no-cache") else {
            return .warn(
                "url.headers", "Cache-Control was changed on the way",
                "let it pass: caches between must not keep a stream")
        }
        let notes = [
            "\(type)", head["x-accel-buffering"].map { "X-Accel-Buffering: \($0)" }, head["via"].map { "via \($0)" },
        ]
        return .ok("url.headers", notes.compactMap(\.self).joined(separator: ", "))
    }

    /// - Parameter delays: of each canary, from its acknowledgement; nil: it did not come.
    static func buffering(_ delays: [Duration?]) -> Finding {
        guard !delays.contains(nil) else {
            return .fail(
                "url.buffering", "canary \(delays.count) was acknowledged and did not come within \(patience)",
                bufferingRemedy)
        }
        let worst = delays.compactMap(\.self).max() ?? .zero
        let text =
            "\(delays.count) canaries arrived, the slowest \(Int(worst / .milliseconds(1))) ms after its acknowledgement"
        return worst <= prompt ? .ok("url.buffering", text) : .warn("url.buffering", text, bufferingRemedy)
    }

    private func resumption(after position: String, expected: Int) throws(CommandFailure) -> Finding {
        let stream = try open(after: position)
        var received = 0
        while received < expected,
            let event = try stream.next(until: limit, where: { ["event", "reset"].contains($0.type) })
        {
            if event.type == "reset" { break }
            received += 1
        }
        if received == expected {
            return .ok("url.resume", "a stream that came back got the \(received) events it had missed")
        }
        if received < expected, stream.isEnded {
            return Self.ended("after \(received) of the \(expected) events that a stream that came back had missed")
        }
        return .fail(
            "url.resume", "a stream that came back got \(received) of \(expected) events",
            "let the proxy pass Last-Event-ID, and every request to the same server")
    }

    /// - Returns: the event's id.
    private func post(_ number: Int) throws(CommandFailure) -> String {
        let body = #"{"eventType":"user.action","eventData":{"action":"tideline.canary","number":\#(number)}}"#
        let reply = try exchange(
            "POST", path, [authorization, "Content-Type: application/json"], body: Array(body.utf8))
        guard reply.status == 200, let id = try? JSONDocument(scanning: reply.body).root["id"]?.string else {
            throw CommandFailure(reply)
        }
        return id
    }

    /// A batch as large as the server takes, of which nothing is stored: every item is refused.
    private func largeBody() throws(CommandFailure) -> Finding {
        let bytes = max(65_536, configuration.limits.batchBytes - 65_536)
        let item =
            Array(#"{"eventType":"-","eventData":{"p":"\#(String(repeating: "x", count: 16_000))"}}"#.utf8) + [10]
        var body: [UInt8] = []
        while body.count + item.count < bytes { body += item }
        let reply = try exchange(
            "POST", "/api/workspaces/\(workspace)/events", [authorization, "Content-Type: application/x-ndjson"],
            body: body)
        if reply.status == 422 { return .ok("url.body", "a batch of \(ByteText.of(body.count)) gets through") }
        return .warn(
            "url.body", "a batch of \(ByteText.of(body.count)) is answered \(reply.status)",
            "raise the proxy's limit to limits.batchBytes (nginx: client_max_body_size 8m)")
    }

    /// Longer than the minute at which most proxies cut what is silent.
    private func idle() throws(CommandFailure) -> Finding {
        let stream = try open(silence: .seconds(2))
        let start = ContinuousClock.now
        let end = start + Self.idleSpan
        var last = start
        var longest = Duration.zero
        while ContinuousClock.now < end, try stream.next(until: end, where: { _ in true }) != nil {
            longest = max(longest, last.duration(to: .now))
            last = .now
        }
        let held = Int(start.duration(to: .now) / .seconds(1))
        if stream.isEnded {
            return .fail(
                "url.idle", "a quiet stream was cut after \(held) s",
                "raise the proxy's read time-out above streams.heartbeat (nginx: proxy_read_timeout 120s), or lower that"
            )
        }
        return .ok(
            "url.idle", "a quiet stream lived \(held) s, with at most \(Int(longest / .seconds(1))) s between two pings"
        )
    }
}
