import Events
import Networking
import Testing

@testable import TidelineService

struct ControlClientTests {
    private static let acme =
        #"{"id":"acme","slug":"a","tz":"UTC","epoch":"abcdefghij","head":3,"floor":1,"connections":2}"#

    private func client(_ answer: @escaping CannedServer.Answer) throws -> (ControlClient, CannedServer) {
        let server = try CannedServer(answer: answer)
        return (ControlClient(http: BlockingHTTPClient(.unix(path: server.path))), server)
    }

    @Test func `workspaces are addressed by id or slug`() throws {
        let (client, server) = try client { _ in CannedServer.reply(200, #"{"workspaces":[\#(Self.acme)]}"#) }
        defer { server.stop() }

        let bySlug = try client.workspace(named: "a")
        let byID = try client.workspace(named: "acme")

        #expect(bySlug == byID && bySlug.head == 3 && bySlug.floor == 1 && bySlug.connections == 2)
        #expect(throws: CommandFailure.noWorkspace("b")) { try client.workspace(named: "b") }
    }

    @Test func `a workspace is created with its zone and name`() throws {
        let (client, server) = try client { _ in CannedServer.reply(201, Self.acme) }
        defer { server.stop() }

        let made = try client.createWorkspace(slug: WorkspaceID("a")!, timeZone: "Europe/Berlin", name: "A \"B\"")

        #expect(made?.id == "acme")
        let body = String(decoding: server.requests[0].body, as: UTF8.self)
        #expect(body == #"{"slug":"a","tz":"Europe/Berlin","name":"A \"B\""}"#)
    }

    @Test func `a workspace that exists is none made`() throws {
        let (client, server) = try client { _ in CannedServer.reply(409, #"{"code":"workspace_exists"}"#) }
        defer { server.stop() }

        #expect(try client.createWorkspace(slug: WorkspaceID("a")!, timeZone: "UTC", name: nil) == nil)
    }

    @Test func `a key is shown once and revoked by prefix`() throws {
        let key = #"{"prefix":"k3v7x2ab","workspace":"acme","user":"u","role":"ingest","createdAt":"t","key":"tl_k"}"#
        let (client, server) = try client { request in
            request.method == "DELETE" ? CannedServer.reply(404, "{}") : CannedServer.reply(201, key)
        }
        defer { server.stop() }

        let made = try client.createKey(
            workspace: WorkspaceID("acme")!, user: UserID("u")!, role: .ingest, lifetime: .seconds(60))
        let isRevoked = try client.revokeKey("k3v7x2ab")

        #expect(made.key == "tl_k")
        #expect(String(decoding: server.requests[0].body, as: UTF8.self).contains(#""ttlMs":60000"#))
        #expect(!isRevoked && server.requests[1].target == "/control/keys/k3v7x2ab")
    }

    @Test func `a refusal carries code and detail`() throws {
        let (client, server) = try client { _ in CannedServer.reply(503, #"{"code":"queue_full","detail":"Later."}"#) }
        defer { server.stop() }

        #expect(throws: CommandFailure("the server refused with 503 queue_full: Later.")) { try client.workspaces() }
    }
}
