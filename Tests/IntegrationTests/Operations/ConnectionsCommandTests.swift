import Testing

/// `tideline connections` over the real server.
@Suite(.serialized) struct ConnectionsCommandTests {
    private func connections(_ scene: StreamScene, _ arguments: [String]) async throws -> (
        status: Int32, output: [String], errors: [String]
    ) {
        try await ServerProcess.run(
            ["connections"] + arguments + ["--workspace", scene.workspace, "--data", scene.server.data.path])
    }

    @Test func `open streams are listed as a table and as JSON`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(2, "ana") + scene.streams(1, "bo")

        let table = try await connections(scene, ["list"])
        let json = try await connections(scene, ["list", "--user", "bo", "--json"])

        let ids = streams.compactMap { $0.events.first?.json["connectionId"].string }
        #expect(table.status == 0 && table.errors.isEmpty)
        #expect(table.output.first?.split(separator: " ").first == "ID")
        // Those that were opened in the same millisecond have no order.
        #expect(Set(table.output.dropFirst().map { $0.prefix { $0 != " " } }) == Set(ids.map { $0[...] }))
        #expect(table.output.contains { $0.hasPrefix(ids[0]) && $0.contains("ana") && $0.contains("live") })
        let one = try TestJSON(json.output.joined()).array
        #expect(one.map { $0["connectionId"].string } == [ids[2]])
    }

    @Test func `one, a user's and all streams are closed`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(2, "ana") + scene.streams(2, "bo") + scene.streams(1, "cy")
        let id = streams[0].events.first?.json["connectionId"].string ?? ""

        let one = try await connections(scene, ["close", id])
        let again = try await connections(scene, ["close", id])
        let user = try await connections(scene, ["close", "--user", "bo", "--hold", "10m"])
        _ = try await streams[0].closing()
        let left = try await connections(scene, ["list"])
        let all = try await connections(scene, ["close", "--all", "--hold", "0s", "--json"])

        #expect(one.status == 0 && one.output == ["closed 1"])
        #expect(again.status == 1 && again.errors.contains { $0.contains("no stream \(id)") })
        #expect(user.output == ["closed 2"] && left.output.count == 3)
        #expect(try TestJSON(all.output.joined())["closedCount"] == 2)
        #expect((600_000...603_000).contains(try await streams[2].closing()["retryMs"].int ?? 0))
        for stream in [streams[1], streams[3], streams[4]] {
            #expect(try await stream.closing()["reason"] == "admin")
        }
    }

    @Test func `without a server or a target it says what is missing`() async throws {
        let data = try TemporaryDirectory("data")

        let unserved = try await ServerProcess.run(["connections", "list", "--workspace", "w", "--data", data.path])
        let untold = try await ServerProcess.run(["connections", "close", "--workspace", "w", "--data", data.path])

        #expect(unserved.status == 1 && unserved.errors.contains { $0.contains("tideline serve") })
        #expect(untold.status == 2 && untold.errors.joined().contains("one of ID, --user U and --all"))
    }

    @Test(arguments: ["tail", "send", "connections list", "connections close"])
    func `each command teaches itself`(name: String) async throws {
        let help = try await ServerProcess.run(name.split(separator: " ").map(String.init) + ["--help"])

        let text = help.output.joined(separator: "\n")
        #expect(help.status == 0 && help.errors.isEmpty)
        for part in ["Usage:", "Options:", "Examples:", "Exit status: 0 done; 1 "] { #expect(text.contains(part)) }
    }
}
