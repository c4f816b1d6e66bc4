import Testing

/// What operators ask a running server: is it alive and ready, what does it count, what do its figures mean.
@Suite(.server()) struct HealthTests {
    @Test(arguments: ["GET", "HEAD"]) func `a live server is alive and ready, with each part named`(method: String)
        async throws
    {
        let client = try SuiteServer.running.client()

        let alive = try await client.send(method, "/healthz")
        let ready = try await client.send(method, "/readyz")

        #expect(alive.status == 200 && ready.status == 200)
        #expect(alive.header("Cache-Control") == "no-store" && ready.header("Cache-Control") == "no-store")
        if method == "GET" {
            #expect(try alive.json == ["status": "ok"])
            #expect(try ready.json["status"] == "ready")
            let parts = try ready.json["parts"].object
            #expect(
                Set(parts.keys).isSuperset(of: ["store", "writer"]) && parts.values.allSatisfy { $0 == "ok" },
                "\(parts)")
        }
    }

    @Test func `S4-6 · each figure of the snapshot is defined`() async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["figures": "member"])

        let figures = try await client.get(ServerProcess.realtime("figures")).json["data"].object
        let reply = try await SuiteServer.running.client().get("/api/definitions")
        let definitions = try reply.json.array

        #expect(reply.status == 200 && Set(definitions.compactMap { $0["name"].string }) == Set(figures.keys))
        for definition in definitions {
            for member in ["name", "meaning", "window", "unit"] { #expect(definition[member].string?.isEmpty == false) }
        }
    }

    /// Requests of every kind, so that every counter has something to say.
    /// - Parameter workspace: the caller's own, since its streams are closed.
    private func makeTraffic(in workspace: String) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: [workspace: "admin"])
        let client = server.client(token: token)
        _ = try await client.track(workspace, "message.sent", ["channelId": "c", "messageId": "\"\\\n"])
        _ = try await client.track(workspace, "odd.type", [:], ["sessionId": "s"])
        _ = try await client.post(
            "/api/workspaces/\(workspace)/events", [["eventType": "odd.type"], ["eventType": "BAD"]])
        let stream = try await server.stream(workspace, token: token)
        _ = try await stream.next("connected")
        for path in ["/nothing", "/api/me", "/%zz", "/\"quotes\"", "/api/workspaces/x%22%0Ay/events"] {
            _ = try await client.get(path)
        }
        _ = try await client.delete(ServerProcess.realtime(workspace) + "?hold=0s")
        let broken = try await server.connect()
        try await broken.send("broken\r\n\r\n")
        _ = try await broken.readToEnd()
    }

    @Test func `the metrics are valid Prometheus text`() async throws {
        try await makeTraffic(in: "traffic")
        let reply = try await SuiteServer.running.client().get("/metrics")
        let file = try SuiteServer.files.write(reply.text, to: "metrics.txt")

        let check = try ChildProcess("/bin/sh", ["-c", "promtool check metrics < \"$0\"", file])
        let status = try await check.waitExit()
        try await check.errors.waitFinish()

        #expect(reply.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(status == 0, "\((check.output.elements + check.errors.elements).prefix(20))")
    }

    @Test func `the metrics count requests by route and never by path or name`() async throws {
        try await makeTraffic(in: "counted")
        let text = try await SuiteServer.running.client().get("/metrics").text

        #expect(
            text.contains("tideline_http_requests_total{")
                && text.contains(#"route="/api/workspaces/:workspace/analytics/realtime""#))
        for name in ["counted", "ada", "quotes", "odd.type"] {
            #expect(!text.contains("\"\(name)") && !text.contains("/\(name)"))
        }
        #expect(text.contains("tideline_http_parse_errors_total"))
    }

    @Test(arguments: ["Forwarded", "X-Forwarded-For"])
    func `without a token the metrics are for this machine, not for those behind its proxy`(field: String) async throws
    {
        let client = try SuiteServer.running.client()

        try expectProblem(
            try await client.get("/metrics", [field: "for=192.0.2.1"]), 404, "not_found", path: "/metrics")
        #expect(try await client.get("/metrics").status == 200)
    }
}

/// `metrics.token`.
@Suite(.server(["TIDELINE_METRICS_TOKEN": "metrics-token-of-this-test"])) struct MetricsTokenTests {
    @Test(arguments: [
        nil, "Bearer", "Bearer x", "Bearer metrics-token-of-this-tesT", "Bearer metrics-token-of-this-test2",
        "metrics-token-of-this-test",
    ])
    func `the metrics are not there without their token`(authorization: String?) async throws {
        let client = try SuiteServer.running.client()
        let headers = authorization.map { ["Authorization": $0] } ?? [:]

        try expectProblem(try await client.get("/metrics", headers), 404, "not_found", path: "/metrics")
    }

    @Test func `an operator's token opens no metrics, their own does, also through a proxy`() async throws {
        let server = try SuiteServer.running

        let other = try await server.client(user: "op", workspaces: ["*": "admin"]).get("/metrics")
        let own = try await server.client(token: "metrics-token-of-this-test").get(
            "/metrics", ["X-Forwarded-For": "192.0.2.1"])

        #expect(other.status == 404 && own.status == 200)
    }

    @Test func `the token of the metrics opens nothing else`() async throws {
        let client = try SuiteServer.running.client(token: "metrics-token-of-this-test")

        for path in ["/api/me", ServerProcess.realtime("any")] {
            try expectProblem(try await client.get(path), 401, "invalid_token", path: path)
        }
    }
}
