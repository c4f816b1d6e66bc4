import Events
import Networking
import Synchronization
import Testing

@testable import TidelineService

/// Scripts a server's streams, one connection after the other, and looks at what is written and asked for.
struct TailFollowerTests {
    /// What came of following a script to its end.
    private struct Run {
        let output: String
        let diagnostics: String
        let waits: [Duration]
        /// The `Last-Event-ID` of each connection.
        let positions: [String?]
        let failure: CommandFailure
    }

    private func follow(from position: String? = nil, _ answers: [String]) throws -> Run {
        let count = Mutex(0)
        let server = try CannedServer(closesAfterEach: true) { _ in
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return number < answers.count ? Array(answers[number].utf8) : []
        }
        defer { server.stop() }
        let captured = CapturedConsole()
        let address = SocketAddress.unix(path: server.path)
        var follower = TailFollower(
            workspace: "acme", user: nil, output: TailOutput(captured.console(), isJSON: false), position: position
        ) { (position) throws(ClientFailure) in
            try BlockingEventStream("/stream", at: address, lastEventID: position)
        }
        let waits = Mutex<[Duration]>([])
        follower.pause = { (wait) throws(CommandFailure) in
            let isOver = waits.withLock { waits in
                waits.append(wait)
                return waits.count >= answers.count
            }
            if isOver { throw CommandFailure("the script is over") }
        }
        let failure: CommandFailure
        do throws(CommandFailure) {
            try follower.run()
        } catch {
            failure = error
        }
        let positions = server.requests.map { request in
            request.head.split(separator: "\r\n").first { $0.hasPrefix("Last-Event-ID: ") }.map {
                String($0.dropFirst(15))
            }
        }
        return Run(
            output: captured.output, diagnostics: captured.diagnostics, waits: waits.withLock { $0 },
            positions: positions, failure: failure)
    }

    /// A stream of these blocks; without its last chunk where it is cut.
    private func stream(_ blocks: [String], isCut: Bool = false) -> String {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunks = blocks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
        return head + chunks.joined() + (isCut ? "" : "0\r\n\r\n")
    }

    private func event(_ number: Int) -> String {
        "id: abcdefghij-\(number)\nevent: event\ndata: {\"n\":\(number)}\n\n"
    }

    private func connected(_ head: Int? = nil) -> String {
        "event: connected\n" + (head.map { "id: abcdefghij-\($0)\n" } ?? "") + "data: {\"heartbeat\":30000}\n\n"
    }

    @Test func `a broken connection is resumed behind the last whole event`() throws {
        let cut = stream([connected(4), event(5), "id: abcdefghij-6\nevent: event\ndata: {\"n\""], isCut: true)

        let run = try follow([cut, stream([connected(), event(6)], isCut: true)])

        #expect(run.output == "{\"n\":5}\n{\"n\":6}\n")
        #expect(run.positions == [nil, "abcdefghij-5"])
        #expect(run.diagnostics.contains("connection lost") && run.diagnostics.contains("connected again"))
    }

    @Test func `a fresh stream that brings nothing is resumed at the head it was told`() throws {
        let run = try follow([stream([connected(4)], isCut: true), stream([connected(), event(5)], isCut: true)])

        #expect(run.positions == [nil, "abcdefghij-4"] && run.output == "{\"n\":5}\n")
    }

    @Test func `a position without an event moves on too`() throws {
        let run = try follow(
            from: "abcdefghij-1", [stream([connected(), "id: abcdefghij-9\n\n"], isCut: true), stream([])])

        #expect(run.positions == ["abcdefghij-1", "abcdefghij-9"])
    }

    @Test func `closing is told and waited for as the server says`() throws {
        let closing = "retry: 2500\n\nevent: closing\ndata: {\"reason\":\"shutdown\",\"retryMs\":2500}\n\n"

        let run = try follow([stream([connected(4), event(5), closing])])

        #expect(run.waits == [.milliseconds(2_500)])
        #expect(run.diagnostics.contains("closing (shutdown); coming back in 2.5 s"))
        #expect(!run.diagnostics.contains("lost"))
    }

    @Test(arguments: [
        ("too_far", "events 3 to 9 are not shown"), ("pruned", "have left the log"), ("epoch", "another one"),
        ("ahead", "only 9 events"), ("new_reason", "new_reason"),
    ])
    func `a reset is told with its reason`(reason: String, text: String) throws {
        let reset =
            "event: reset\nid: abcdefghij-9\n"
            + "data: {\"reason\":\"\(reason)\",\"head\":\"abcdefghij-9\",\"next\":\"abcdefghij-2\"}\n\n"

        let run = try follow(from: "abcdefghij-2", [stream([connected(), reset], isCut: true), stream([])])

        #expect(run.diagnostics.contains("reset") && run.diagnostics.contains(text))
        #expect(run.positions.last == "abcdefghij-9" && run.output.isEmpty)
    }

    @Test func `a server away is asked again at growing intervals, and it is told once`() throws {
        let run = try follow(Array(repeating: "", count: 12))

        #expect(run.diagnostics.split(separator: "\n").count == 1)
        #expect(run.waits.count == 12 && run.waits.allSatisfy { $0 <= .seconds(5) && $0 >= .milliseconds(20) })
        #expect(run.waits.prefix(1).allSatisfy { $0 <= .milliseconds(200) })
    }

    @Test func `a server too busy is asked again when it says`() throws {
        let run = try follow(["HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"])

        #expect(run.waits == [.seconds(7)])
    }

    @Test(arguments: [
        ("HTTP/1.1 204 X\r\n\r\n", "for good"), ("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", "no workspace"),
        ("HTTP/1.1 403 X\r\nContent-Length: 20\r\n\r\n{\"code\":\"forbidden\"}", "403 forbidden"),
    ])
    func `an answer that will not change ends it`(answer: String, text: String) throws {
        let run = try follow([answer])

        #expect(run.failure.message.contains(text) && run.waits.isEmpty)
    }

    @Test func `a reader that is gone ends it quietly`() throws {
        let server = try CannedServer(closesAfterEach: true) { _ in Array(stream([connected(4), event(5)]).utf8) }
        defer { server.stop() }
        let captured = CapturedConsole()
        var follower = TailFollower(
            workspace: "acme", user: nil, output: TailOutput(captured.console(.closed), isJSON: false), position: nil
        ) { (position) throws(ClientFailure) in
            try BlockingEventStream("/stream", at: .unix(path: server.path), lastEventID: position)
        }

        #expect(throws: CommandFailure.outputClosed) { try follower.run() }
    }
}
