import Access
import Events
import Testing

@testable import TidelineService

struct CommandTests {
    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private func message(_ line: String) -> String? {
        do {
            _ = try Command.parse(words(line))
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `serve takes addresses, a directory, a file and single keys`() throws {
        let line =
            "serve --config c.json5 --listen 127.0.0.1:0 --listen=[::1]:0 --data /var/t --demo --set log.level=debug"

        let command = try Command.parse(words(line))

        guard case .serve(let options) = command else { throw Unexpected(command: command) }
        #expect(options.isDemo)
        #expect(options.configuration.file == "c.json5")
        #expect(
            options.configuration.overrides == [
                ConfigurationOverride(key: "log.level", value: "debug", flag: "--set"),
                ConfigurationOverride(key: "storage.directory", value: "/var/t", flag: "--data"),
                ConfigurationOverride(key: "server.listen", value: "127.0.0.1:0,[::1]:0", flag: "--listen"),
            ])
        let configuration = try ConfigurationLoader.load(
            file: nil, environment: [:], arguments: options.configuration.overrides
        ).configuration
        #expect(configuration.server.listen == ["127.0.0.1:0", "[::1]:0"])
    }

    @Test func `token reads workspaces with and without a role`() throws {
        let line = "token --user ada --workspace acme --workspace lab=admin --workspace *=ingest --ttl 5m"

        let command = try Command.parse(words(line) + ["--name", "Ada L"])

        guard case .token(let options) = command else { throw Unexpected(command: command) }
        #expect(options.user == UserID("ada"))
        #expect(options.name == "Ada L")
        #expect(options.lifetime == .seconds(300))
        #expect(
            options.grants
                == WorkspaceGrants(
                    named: [WorkspaceID(validated: "acme"): .member, WorkspaceID(validated: "lab"): .admin],
                    everywhere: .ingest))
    }

    @Test func `keys are created, listed and revoked`() throws {
        let create = try Command.parse(words("key create --workspace acme --user bot --role admin --ttl 30d --json"))
        let list = try Command.parse(words("key list"))
        let revoke = try Command.parse(words("key revoke tl_abcdefgh"))

        guard case .keyCreate(let options) = create else { throw Unexpected(command: create) }
        #expect(options.role == .admin)
        #expect(options.lifetime == .seconds(30 * 86_400))
        #expect(options.isJSON)
        guard case .keyList(let listing) = list else { throw Unexpected(command: list) }
        #expect(listing.workspace == nil)
        guard case .keyRevoke(let revocation) = revoke else { throw Unexpected(command: revoke) }
        #expect(revocation.prefix == "abcdefgh")
    }

    @Test func `workspaces are created and listed`() throws {
        let create = try Command.parse(words("workspace create acme --tz Europe/Berlin"))
        let list = try Command.parse(words("workspace list --json"))

        guard case .workspaceCreate(let options) = create else { throw Unexpected(command: create) }
        #expect(options.slug == WorkspaceID("acme"))
        #expect(options.timeZone == "Europe/Berlin")
        guard case .workspaceList(let listing) = list else { throw Unexpected(command: list) }
        #expect(listing.isJSON)
    }

    @Test func `import reads a file or standard input`() throws {
        let piped = try Command.parse(words("import - --workspace acme --quiet --dry-run"))
        let file = try Command.parse(words("import -- --odd.ndjson"))

        guard case .importEvents(let options) = piped else { throw Unexpected(command: piped) }
        #expect(options.source == .standardInput)
        #expect(options.isQuiet)
        #expect(options.isDryRun)
        guard case .importEvents(let odd) = file else { throw Unexpected(command: file) }
        #expect(odd.source == .file("--odd.ndjson"))
    }

    @Test func `export begins at the first event unless told otherwise`() throws {
        let all = try Command.parse(["export"])
        let some = try Command.parse(words("export --workspace acme --from 7 --format csv"))

        guard case .exportEvents(let options) = all, case .exportEvents(let part) = some else {
            throw Unexpected(command: all)
        }
        #expect(options.from == 1)
        #expect(options.format == .ndjson)
        #expect(part.from == 7)
        #expect(part.format == .csv)
    }

    @Test(arguments: ["--help", "-h", "help", "serve --help", "token -h --nonsense", "help key", "key --help"])
    func `help is never an error`(line: String) throws {
        let command = try Command.parse(words(line))

        guard case .help(let text) = command else { throw Unexpected(command: command) }
        #expect(text.hasSuffix("\n"))
    }

    @Test(arguments: ["version", "--version"])
    func `the version is asked for either way`(line: String) throws {
        #expect(try Command.parse(words(line)) == .version(isJSON: false))
    }

    @Test(arguments: [
        ("srve", "there is no command \"srve\"; did you mean serve?"),
        ("frobnicate", "there is no command \"frobnicate\""),
        ("key", "key needs an action; one of create, list, revoke"),
        ("key revok x", "key has no action \"revok\"; did you mean key revoke?"),
        ("serve --lisen x", "serve has no option --lisen; did you mean --listen?"),
        ("serve --listen", "--listen needs a value: --listen HOST:PORT"),
        ("serve --listen --demo", "--listen needs a value: --listen HOST:PORT"),
        ("serve --demo=yes", "--demo takes no value"),
        ("serve --demo extra", "serve does not know what to do with \"extra\""),
        ("serve --config a --config b", "--config may be given once only"),
        ("serve --set a", "--set needs KEY=VALUE"),
        ("serve -x", "serve has no option -x"),
        ("token --user ada", "token needs --workspace W[=ROLE]"),
        ("token --workspace w", "token needs --user U"),
        ("token --user a/b --workspace w", "--user: \"a/b\" is no U, which is 1–64 characters of A–Z a–z 0–9 . _ : -"),
        ("token --user a --workspace w=owner", "--workspace: \"owner\" is no role; one of member, ingest, admin"),
        ("token --user a --workspace w --workspace w", "--workspace names w twice"),
        ("token --user a --workspace w --ttl 1", "--ttl is a duration from 1s to 3650d, such as 1h or 30d"),
        ("key revoke", "key revoke needs PREFIX"),
        ("workspace create", "workspace create needs SLUG"),
        ("workspace create a/b", "SLUG is 1–64 characters of A–Z a–z 0–9 . _ : -"),
        ("import", "import needs FILE"),
        ("export --from 0", "--from: \"0\" is no SEQ"),
        ("export --format xml", "--format is one of ndjson, csv"),
        ("help servv", "there is no command \"servv\"; did you mean serve?"),
    ])
    func `wrong usage says what is wrong and what was meant`(line: String, expected: String) {
        #expect(message(line) == expected)
    }

    @Test func `an empty line asks for a command`() {
        let error = #expect(throws: UsageError.self) { try Command.parse([]) }

        #expect(error?.description.hasSuffix("Try: tideline help") == true)
    }

    private struct Unexpected: Error { let command: Command }
}
