import Events
import Networking
import Testing

@testable import TidelineService

struct ExportCommandTests {
    private let console = CapturedConsole()
    private static let workspaces =
        #"{"workspaces":[{"id":"acme","slug":"acme","tz":"UTC","epoch":"abcdefghij","head":5,"floor":2,"connections":0}]}"#

    private static func envelope(_ sequence: Int) -> String {
        #"{"eventId":"e\#(sequence)","workspaceId":"acme","seq":\#(sequence),"id":"abcdefghij-\#(sequence)","#
            + #""eventType":"a.b","userId":"u","occurredAt":"o","receivedAt":"r","entity":{"type":"task","id":"t1"},"#
            + #""eventData":{"a":"x,\"]}","b":[1]}}"#
    }

    private func server() throws -> CannedServer {
        try CannedServer { request in
            if request.target == "/control/workspaces" { return CannedServer.reply(200, Self.workspaces) }
            let after = request.target.split(separator: "-").last.flatMap { Int($0.prefix { $0 != "&" }) } ?? 0
            let next = min(after + 2, 5)
            let events = (after..<next).map { Self.envelope($0 + 1) }.joined(separator: ",")
            return CannedServer.reply(
                200, #"{"events":[\#(events)],"next":"abcdefghij-\#(next)","head":"abcdefghij-5"}"#)
        }
    }

    private func export(_ words: [String], _ server: CannedServer, _ outcome: Console.Outcome = .written) throws {
        guard case .exportEvents(let options) = try Command.parse(["export"] + words) else { return }
        let client = ControlClient(http: BlockingHTTPClient(.unix(path: server.path)))
        try ExportCommand.export(options, from: client, to: console.console(outcome))
    }

    @Test func `pages are joined from the floor to the head`() throws {
        let server = try server()
        defer { server.stop() }

        try export([], server)

        #expect(console.outputLines == (3...5).map(Self.envelope))
        #expect(server.requests.last?.target == "/api/workspaces/acme/events?after=abcdefghij-4&limit=1000")
        #expect(console.diagnostics == "acme: events up to seq 2 are no longer kept\n")
    }

    @Test func `it begins at the sequence asked for`() throws {
        let server = try server()
        defer { server.stop() }

        try export(["--workspace", "acme", "--from", "5"], server)

        #expect(console.outputLines == [Self.envelope(5)])
        #expect(console.diagnostics.isEmpty)
    }

    @Test func `a sequence beyond the head gives nothing`() throws {
        let server = try server()
        defer { server.stop() }

        try export(["--from", "6"], server)

        #expect(console.output.isEmpty)
    }

    @Test func `an unknown workspace is named`() throws {
        let server = try server()
        defer { server.stop() }

        #expect(throws: CommandFailure.noWorkspace("lab")) { try export(["--workspace", "lab"], server) }
    }

    @Test func `a closed pipe ends it`() throws {
        let server = try server()
        defer { server.stop() }

        #expect(throws: CommandFailure.outputClosed) { try export([], server, .closed) }
        #expect(server.requests.count == 2)
    }

    @Test func `values are quoted where they must be`() throws {
        let server = try server()
        defer { server.stop() }

        try export(["--from", "5", "--format", "csv"], server)

        #expect(
            console.output == CSVRow.columns.joined(separator: ",") + "\r\n"
                + #"5,abcdefghij-5,e5,acme,a.b,u,,o,r,task,t1,"{""a"":""x,\""]}"",""b"":[1]}""# + "\r\n")
    }

    @Test func `what is exported is imported as the same fields`() throws {
        let envelope = Array(Self.envelope(5).utf8)
        var preparer = LinePreparer()

        let outcome = preparer.prepare(envelope, 0..<envelope.count, number: 1)

        #expect(outcome == .event(workspace: WorkspaceID("acme"), isExported: true))
        let item = try JSONDocument(scanning: preparer.item).root
        let original = try JSONDocument(scanning: envelope).root
        for name in ["eventId", "eventType", "userId", "occurredAt", "eventData"] {
            #expect(item[name]?.rawBytes.elementsEqual(try #require(original[name]).rawBytes) == true)
        }
        #expect(item.members.count(where: { _ in true }) == 5)
    }
}
