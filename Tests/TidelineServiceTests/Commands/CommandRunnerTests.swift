import Testing

@testable import TidelineService

/// Each of these opens a log of its own in this process, as the commands do where no server runs.
struct CommandRunnerTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func run(
        _ words: [String], hasData: Bool = true, _ outcome: Console.Outcome = .written
    ) async -> (Int32, CapturedConsole) {
        let console = CapturedConsole()
        let data = hasData ? ["--data", directory.path + "/data"] : []
        let status = await onOwnThread {
            CommandRunner.run(
                words + data, environment: [:], console: console.console(outcome), serve: { _, _ in 42 })
        }
        return (status, console)
    }

    @Test func `help and version go to standard output`() async {
        let (help, helpConsole) = await run(["help", "key", "create"], hasData: false)
        let (version, versionConsole) = await run(["version"], hasData: false)
        let (_, json) = await run(["version", "--json"], hasData: false)

        #expect(help == 0 && helpConsole.output.hasPrefix("tideline key create"))
        #expect(version == 0 && versionConsole.output == "tideline \(ProductVersion.text)\n")
        #expect(json.output == "{\"name\":\"tideline\",\"version\":\"\(ProductVersion.text)\"}\n")
    }

    @Test func `wrong usage is 2 and says what to do`() async {
        let (status, console) = await run(["exprot"], hasData: false)

        #expect(status == 2)
        #expect(console.output.isEmpty && console.diagnostics.contains("did you mean export?"))
    }

    @Test func `serve is the caller's`() async {
        #expect(await run(["serve"]).0 == 42)
    }

    @Test func `a bad configuration is 1`() async {
        let (status, console) = await run(["workspace", "list", "--set", "log.level=loud"])

        #expect(status == 1)
        #expect(console.diagnostics.contains("log.level"))
    }

    @Test func `a closed pipe is no failure`() async {
        #expect(await run(["help"], hasData: false, .closed).0 == 0)
        #expect(await run(["help"], hasData: false, .failed(errno: 28)).0 == 1)
    }

    @Test func `an export from nowhere fails`() async {
        let (status, console) = await run(["export"])

        #expect(status == 1)
        #expect(console.diagnostics.contains("there is no log"))
    }

    @Test func `a log is made, filled, copied and listed without a server`() async throws {
        let lines = """
            {"eventType":"message.sent","eventData":{"channelId":"general","preview":"hello"},"userId":"ada"}
            {"eventType":"task.created","eventData":{"taskId":"t1","status":"todo"},"userId":"ada","eventId":"t-1"}
            {"eventType":"Wrong"}
            """
        let file = try directory.write(lines, to: "in.ndjson")

        #expect(await run(["import", file, "--workspace", "acme"]).0 == 1)
        #expect(await run(["workspace", "create", "acme", "--tz", "Europe/Berlin"]).0 == 0)
        #expect(await run(["workspace", "create", "acme"]).0 == 1)
        #expect(await run(["workspace", "create", "copy"]).0 == 0)
        let (dry, dryConsole) = await run(["import", file, "--workspace", "acme", "--dry-run"])
        #expect(dry == 1 && dryConsole.output == "3 lines: 2 valid, 0 duplicates, 1 rejected\n")
        let (first, firstConsole) = await run(["import", file, "--workspace", "acme"])
        #expect(first == 1 && firstConsole.output == "3 lines: 2 accepted, 0 duplicates, 1 rejected\n")
        #expect(firstConsole.diagnostics.hasPrefix("line 3: invalid_type: "))
        let again = await run(["import", file, "--workspace", "acme", "--json"]).1
        #expect(again.output == #"{"lines":3,"accepted":0,"duplicates":2,"rejected":1,"leftOut":0}"# + "\n")

        let exported = await run(["export", "--workspace", "acme"]).1
        let copy = try directory.write(exported.output, to: "copy.ndjson")
        let (copied, copyConsole) = await run(["import", copy, "--workspace", "copy"])
        #expect(
            copied == 0 && copyConsole.output.hasPrefix("3 lines: 2 accepted, 0 duplicates, 0 rejected, 1 left out"))
        let (back, backConsole) = await run(["import", copy])
        #expect(back == 0 && backConsole.output.hasPrefix("3 lines: 0 accepted, 2 duplicates, 0 rejected"))

        let list = await run(["workspace", "list"]).1
        #expect(list.outputLines.map { $0.split(separator: " ").map(String.init)[3] } == ["HEAD", "3", "3"])
    }

    @Test func `a key is made, listed and revoked once`() async throws {
        #expect(await run(["workspace", "create", "acme"]).0 == 0)

        let (made, madeConsole) = await run([
            "key", "create", "--workspace", "acme", "--user", "importer", "--ttl", "1h",
        ])
        let key = try #require(madeConsole.outputLines.first)
        let listed = await run(["key", "list", "--workspace", "acme", "--json"]).1
        let (revoked, _) = await run(["key", "revoke", key])
        let (again, _) = await run(["key", "revoke", key])

        #expect(made == 0 && key.hasPrefix("tl_") && madeConsole.outputLines.count == 1)
        #expect(listed.output.contains(#""user":"importer","role":"ingest""#) && !listed.output.contains(key))
        #expect(revoked == 0 && again == 1)
        #expect(await run(["key", "create", "--workspace", "nope", "--user", "u"]).0 == 1)
    }
}
