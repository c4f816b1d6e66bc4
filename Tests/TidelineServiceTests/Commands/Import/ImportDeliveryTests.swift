import Networking
import Synchronization
import Testing

@testable import TidelineService

struct ImportDeliveryTests {
    private func batch(_ count: Int, isExported: Bool = false) -> ImportWindow.Batch {
        let lines = (1...count).map { ImportWindow.Line(number: 10 * $0, isExported: isExported) }
        return ImportWindow.Batch(workspace: "acme", body: Array("{}\n".utf8), lines: lines)
    }

    private static let mixed = """
        {"accepted":1,"duplicates":0,"rejected":1,"items":[{"index":0,"status":"accepted","seq":1},\
        {"index":1,"status":"rejected","code":"idempotency_conflict","detail":"Used: \\"x\\"."}]}
        """

    @Test func `sums are read without the items`() throws {
        let reply = HTTPReply(
            status: 200, body: Array(#"{"accepted":1,"duplicates":1,"rejected":0,"items":[{},{}]}"#.utf8))

        let verdict = try #require(BatchVerdict(reply, lines: batch(2).lines))

        #expect(verdict.accepted == 1 && verdict.duplicates == 1 && verdict.refusals.isEmpty)
    }

    @Test func `a refused item names its line`() throws {
        let reply = HTTPReply(status: 200, body: Array(Self.mixed.utf8))

        let verdict = try #require(BatchVerdict(reply, lines: batch(2).lines))

        #expect(verdict.refusals == [.init(line: 20, code: "idempotency_conflict", detail: #"Used: "x"."#)])
    }

    @Test func `an exported event whose id is there is a duplicate`() throws {
        let reply = HTTPReply(status: 200, body: Array(Self.mixed.utf8))

        let verdict = try #require(BatchVerdict(reply, lines: batch(2, isExported: true).lines))

        #expect(verdict.duplicates == 1 && verdict.refusals.isEmpty)
    }

    @Test(arguments: ["{}", "nonsense", #"{"accepted":1,"duplicates":0,"rejected":0,"items":[]}"#])
    func `what judges other items is no verdict`(_ body: String) {
        #expect(BatchVerdict(HTTPReply(status: 200, body: Array(body.utf8)), lines: batch(2).lines) == nil)
    }

    @Test func `a busy server is asked again after the time it names`() throws {
        let attempts = Mutex(0)
        let server = try CannedServer { _ in
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            return attempt < 3
                ? CannedServer.reply(503, #"{"code":"queue_full"}"#, fields: ["Retry-After: 7"])
                : CannedServer.reply(200, #"{"accepted":1,"duplicates":0,"rejected":0,"items":[{}]}"#)
        }
        defer { server.stop() }
        var waits: [Duration] = []
        var prepared = 0
        var delivery = ImportDelivery(client: BlockingHTTPClient(.unix(path: server.path)), isQuiet: true)
        delivery.pause = { waits.append($0) }

        let verdict = try delivery.deliver(batch(1)) { prepared += 1 }

        #expect(verdict.accepted == 1)
        #expect(waits == [.seconds(7), .seconds(7)])
        #expect(prepared == 1)
        #expect(server.requests.map(\.target) == Array(repeating: "/api/workspaces/acme/events?quiet=true", count: 3))
        #expect(server.requests[0].head.contains("Content-Type: application/x-ndjson"))
    }

    @Test func `a server that stays busy is given up`() throws {
        let server = try CannedServer { _ in CannedServer.reply(503, "{}", fields: ["Retry-After: 300"]) }
        defer { server.stop() }
        var delivery = ImportDelivery(client: BlockingHTTPClient(.unix(path: server.path)), isQuiet: false)
        delivery.pause = { _ in }

        #expect(throws: CommandFailure("the server refused with 503")) { try delivery.deliver(batch(1)) {} }
        #expect(server.requests.count == 3)
    }

    @Test(arguments: [507, 413, 400]) func `waiting does not help against other refusals`(_ status: Int) throws {
        let server = try CannedServer { _ in CannedServer.reply(status, #"{"code":"c","detail":"d"}"#) }
        defer { server.stop() }
        let delivery = ImportDelivery(client: BlockingHTTPClient(.unix(path: server.path)), isQuiet: false)

        #expect(throws: CommandFailure("the server refused with \(status) c: d")) { try delivery.deliver(batch(1)) {} }
    }

    @Test func `a lost connection is made anew`() throws {
        let attempts = Mutex(0)
        let server = try CannedServer { _ in
            let isFirst = attempts.withLock { count in
                count += 1
                return count == 1
            }
            return isFirst ? [] : CannedServer.reply(200, #"{"accepted":1,"duplicates":0,"rejected":0,"items":[{}]}"#)
        }
        defer { server.stop() }
        var delivery = ImportDelivery(client: BlockingHTTPClient(.unix(path: server.path)), isQuiet: false)
        delivery.pause = { _ in }

        let verdict = try delivery.deliver(batch(1)) {}

        #expect(verdict.accepted == 1)
    }
}
