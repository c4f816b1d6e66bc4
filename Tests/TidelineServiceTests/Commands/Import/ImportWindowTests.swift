import Events
import Testing

@testable import TidelineService

struct ImportWindowTests {
    private func windows(
        _ text: String, fallback: String? = "acme", limits: ImportWindowReader.Limits = .init(),
        known: Set<String> = ["acme", "lab"]
    ) throws -> [ImportWindow] {
        let directory = try ScratchDirectory()
        let descriptor = PlainFile.openForReading(try directory.write(text, to: "lines"))
        var reader = ImportWindowReader(
            LineSource(descriptor, closes: true), fallback: fallback.flatMap { WorkspaceID($0) }, limits: limits
        ) { name throws(CommandFailure) in
            guard known.contains(name.text) else { throw .noWorkspace(name.text) }
            return name.text
        }
        var windows: [ImportWindow] = []
        while case .window(let window) = try reader.next(mayWait: true) { windows.append(window) }
        return windows
    }

    private func event(_ id: String, _ workspace: String? = nil) -> String {
        let name = workspace.map { #","workspaceId":"\#($0)""# } ?? ""
        return #"{"eventId":"\#(id)","eventType":"a.b"\#(name)}"# + "\n"
    }

    @Test(arguments: [(3, [3, 3, 1]), (7, [7]), (6, [6, 1]), (8, [7])])
    func `a batch holds no more than its bound`(_ bound: Int, _ counts: [Int]) throws {
        let text = (1...7).map { event("e\($0)") }.joined()

        let windows = try windows(text, limits: .init(batchItems: bound))

        #expect(windows.map { $0.batches[0].lines.count } == counts)
        #expect(windows.flatMap { $0.batches[0].lines.map(\.number) } == Array(1...7))
        #expect(windows.last?.endOffset == text.utf8.count && windows.last?.endLine == 7)
        #expect(windows.map { String(decoding: $0.batches[0].body, as: UTF8.self) }.joined() == text)
    }

    @Test func `a batch holds no more bytes than its bound`() throws {
        let size = event("e1").utf8.count

        let windows = try windows(event("e1") + event("e2") + event("e3"), limits: .init(batchBytes: 2 * size))

        #expect(windows.map { $0.batches[0].lines.count } == [2, 1])
        #expect(windows.map(\.endOffset) == [2 * size, 3 * size])
    }

    @Test func `each workspace has a batch in the order of its lines`() throws {
        let text = event("e1", "lab") + event("e2") + event("e3", "lab")

        let window = try #require(try windows(text).first)

        #expect(window.batches.map(\.workspace) == ["lab", "acme"])
        #expect(window.batches.map { $0.lines.map(\.number) } == [[1, 3], [2]])
    }

    @Test func `an exported line goes where it is told to`() throws {
        let line = #"{"eventId":"e","eventType":"a.b","workspaceId":"elsewhere","seq":1,"receivedAt":"t"}"#

        let told = try windows(line, known: ["acme"])
        let untold = try windows(line, fallback: nil, known: ["elsewhere"])

        #expect(told[0].batches[0].workspace == "acme")
        #expect(told[0].batches[0].lines == [.init(number: 1, isExported: true)])
        #expect(untold[0].batches[0].workspace == "elsewhere")
    }

    @Test func `a line without any workspace is refused`() throws {
        let window = try #require(try windows(event("e1"), fallback: nil).first)

        #expect(window.refusals.map(\.code) == ["ambiguous_workspace"])
        #expect(window.batches.isEmpty && window.lineCount == 1)
    }

    @Test func `lines before an unknown workspace are handed over first`() throws {
        let directory = try ScratchDirectory()
        let path = try directory.write(event("e1") + event("e2", "nowhere"), to: "lines")
        var reader = ImportWindowReader(
            LineSource(PlainFile.openForReading(path), closes: true), fallback: WorkspaceID("acme")
        ) { name throws(CommandFailure) in
            guard name.text == "acme" else { throw .noWorkspace(name.text) }
            return name.text
        }

        let first = try reader.next(mayWait: true)

        guard case .window(let window) = first else { throw CommandFailure("no window") }
        #expect(window.endLine == 1)
        #expect(throws: CommandFailure("line 2: " + CommandFailure.noWorkspace("nowhere").message)) {
            _ = try reader.next(mayWait: true)
        }
    }

    @Test func `an event larger than a batch is refused`() throws {
        let windows = try windows(event("e1") + event("e2"), limits: .init(batchBytes: 10))

        #expect(windows.flatMap(\.refusals).map(\.code) == ["too_large", "too_large"])
        #expect(windows.flatMap(\.batches).isEmpty)
    }
}
