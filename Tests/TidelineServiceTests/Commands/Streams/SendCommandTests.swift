import Events
import Networking
import Synchronization
import Testing

@testable import TidelineService

struct SendCommandTests {
    private static let workspace = WorkspaceSummary(
        try! JSONDocument(
            scanning: Array(#"{"id":"acme","slug":"a","tz":"UTC","epoch":"abcdefghij","head":3,"floor":1}"#.utf8)
        ).root)!

    /// Posts `{}` to a server that answers so, one request after the other.
    private func post(_ answers: [[UInt8]]) throws -> (Result<HTTPReply, CommandFailure>, [String], [Duration], String)
    {
        let count = Mutex(0)
        let server = try CannedServer { _ in
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return answers[min(number, answers.count - 1)]
        }
        defer { server.stop() }
        let waits = Mutex<[Duration]>([])
        let told = Mutex("")
        let command = SendCommand(
            client: ControlClient(http: BlockingHTTPClient(.unix(path: server.path))),
            pause: { wait in waits.withLock { $0.append(wait) } },
            explain: { text in told.withLock { $0 += text + "\n" } })
        let result = Result { () throws(CommandFailure) in
            try command.post(Array("{\"eventId\":\"e\"}".utf8), to: Self.workspace)
        }
        let bodies = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
        return (result, bodies, waits.withLock { $0 }, told.withLock { $0 })
    }

    @Test func `a lost answer and a busy server are asked again with the same event`() throws {
        let (result, bodies, waits, told) = try post([
            [], CannedServer.reply(503, "{}", fields: ["Retry-After: 2"]), CannedServer.reply(200, "{}"),
        ])

        #expect(try result.get().status == 200)
        #expect(bodies == Array(repeating: "{\"eventId\":\"e\"}", count: 3))
        #expect(waits.count == 2 && waits[1] == .seconds(2))
        #expect(told.split(separator: "\n").count == 1)
    }

    @Test func `a refusal is final`() throws {
        let (result, bodies, waits, _) = try post([
            CannedServer.reply(422, #"{"code":"invalid_payload","detail":"No."}"#)
        ])

        #expect(throws: CommandFailure("the server refused with 422 invalid_payload: No.")) { try result.get() }
        #expect(bodies.count == 1 && waits.isEmpty)
    }

    @Test func `after 30 seconds it gives up`() throws {
        let (result, _, waits, _) = try post([CannedServer.reply(503, "{}", fields: ["Retry-After: 8"])])

        #expect(waits == Array(repeating: .seconds(8), count: 3))
        #expect(throws: CommandFailure("the server refused with 503; gave up after 30 s")) { try result.get() }
    }
}
