import Testing

/// `/api/workspaces`: one sees one's own, operators see and make all.
@Suite(.server(["TIDELINE_SERVER_LOOPS": "2"])) struct WorkspaceRouteTests {
    private func boss() throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "op", workspaces: ["*": "admin"])
    }

    @Test func `S4-15 · an operator makes a workspace, and all who may see it by its name`() async throws {
        let server = try SuiteServer.running
        let boss = try boss()

        let made = try await boss.post(
            "/api/workspaces", ["slug": "atelier", "tz": "Asia/Tokyo", "name": "Atelier \"A\" · 東京"])
        let again = try await boss.post("/api/workspaces", ["slug": "atelier"])
        let ada = server.client(user: "ada", workspaces: ["atelier": "member", "never-made": "admin"])
        let mine = try await ada.get("/api/workspaces")

        let expected: TestJSON = [
            "id": "atelier", "slug": "atelier", "name": "Atelier \"A\" · 東京", "tz": "Asia/Tokyo", "role": "admin",
        ]
        #expect(try made.status == 201 && made.json == expected)
        try expectProblem(again, 409, "workspace_exists")
        #expect(
            try mine.json == [
                "workspaces": [
                    [
                        "id": "atelier", "slug": "atelier", "name": "Atelier \"A\" · 東京", "tz": "Asia/Tokyo",
                        "role": "member",
                    ]
                ]
            ])
        #expect(mine.header("Cache-Control")?.contains("no-store") == true)
        #expect(try await boss.get("/api/workspaces").json["workspaces"].array.contains(expected))
        let me = try await ada.get("/api/me").json
        #expect(me["workspaces"][0]["name"] == "Atelier \"A\" · 東京" && me["isOperator"] == false)
        #expect(try await boss.get("/api/me").json["isOperator"] == true)
        #expect(try await ada.get(ServerProcess.realtime("atelier")).status == 200)
    }

    @Test(arguments: [
        ["lab": "admin"], ["*": "member"], ["*": "ingest"], ["*": "ingest", "lab": "admin"], [:],
    ])
    func `S0-19 · nobody else makes one, and each attempt is on record`(workspaces: [String: String]) async throws {
        let server = try SuiteServer.running
        let user = "try-\(workspaces.map { "\($0.key == "*" ? "all" : $0.key)-\($0.value)" }.sorted().joined())"
        let client = server.client(user: user, workspaces: workspaces)

        let reply = try await client.post("/api/workspaces", ["slug": "not-mine"])
        let entries = try await boss().get("/api/audit?limit=500").json["entries"].array

        try expectProblem(reply, 403, "forbidden")
        #expect(
            entries.contains {
                $0["actor"] == .string(user) && $0["outcome"] == "forbidden"
                    && $0["action"] == "denied POST /api/workspaces"
            })
        #expect(try await boss().get("/api/workspaces").json["workspaces"].array.allSatisfy { $0["id"] != "not-mine" })
    }

    @Test func `S0-19 · an API key makes none, and without a credential one is told to bring one`() async throws {
        let server = try SuiteServer.running
        _ = try await boss().post("/api/workspaces", ["slug": "key-home"])
        let key = try await ControlSocket.makeKey("key-home", user: "svc", role: "admin", at: server)

        try expectProblem(
            try await server.client(token: key).post("/api/workspaces", ["slug": "k2"]), 403, "forbidden")
        try expectProblem(try await server.client().post("/api/workspaces", ["slug": "k3"]), 401, "unauthenticated")
        try expectProblem(try await server.client().get("/api/workspaces"), 401, "unauthenticated")
        #expect(
            try await server.client(token: key).get("/api/workspaces").json == [
                "workspaces": [["id": "key-home", "slug": "key-home", "tz": "UTC", "role": "admin"]]
            ])
    }

    @Test(arguments: [
        (#"{}"#, 422, "invalid_id"), (#"{"slug":null}"#, 422, "invalid_id"), (#"{"slug":""}"#, 422, "invalid_id"),
        (#"{"slug":"a b"}"#, 422, "invalid_id"), (#"{"slug":"a/b"}"#, 422, "invalid_id"),
        (#"{"slug":".."}"#, 422, "invalid_id"), (#"{"slug":"."}"#, 422, "invalid_id"),
        (#"{"slug":"*"}"#, 422, "invalid_id"),
        (#"{"slug":5}"#, 422, "invalid_payload"), (#"{"slug":"ok-1","tz":"Mars/Olympus"}"#, 422, "invalid_payload"),
        (#"{"slug":"ok-1","tz":1}"#, 422, "invalid_payload"),
        (#"{"slug":"ok-1","name":["x"]}"#, 422, "invalid_payload"),
        (#"{"slug":"ok-1","name":""}"#, 422, "invalid_payload"),
        ("[]", 400, "invalid_json"), ("", 400, "invalid_json"), (#"{"slug":"a","slug":"b"}"#, 400, "duplicate_key"),
    ])
    func `S4-15 · what describes no workspace makes none`(body: String, status: Int, code: String) async throws {
        let reply = try await boss().post(raw: body, to: "/api/workspaces")

        try expectProblem(reply, status, code)
        #expect(try await boss().get("/api/workspaces").json["workspaces"].array.allSatisfy { $0["id"] != "ok-1" })
    }

    @Test func `S4-15 · a name survives a restart, changes, and goes`() async throws {
        let first = try await ServerProcess.start()
        let operators = ["*": "admin"]
        _ = try await first.client(user: "op", workspaces: operators).post(
            "/api/workspaces", ["slug": "named", "name": "First"])
        first.terminate()
        try await first.waitExit()
        let server = try await first.restart()
        let boss = server.client(user: "op", workspaces: operators)
        func name() async throws -> TestJSON { try await boss.get("/api/workspaces").json["workspaces"][0]["name"] }

        #expect(try await name() == "First")
        _ = try await boss.track("named", "workspace.updated", ["name": "Second"])
        #expect(try await name() == "Second")
        _ = try await boss.track("named", "workspace.updated", ["tz": "Europe/Berlin"])
        #expect(try await name() == "Second")
        _ = try await boss.track("named", "workspace.updated", ["name": ""])
        #expect(try await name() == .null)
    }
}
