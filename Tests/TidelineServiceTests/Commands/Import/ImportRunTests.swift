import Events
import Synchronization
import Testing

@testable import TidelineService

struct ImportRunTests {
    private let directory: ScratchDirectory
    private let console = CapturedConsole()

    init() throws { directory = try ScratchDirectory() }

    private func line(_ number: Int) -> String { #"{"eventId":"e\#(number)","eventType":"a.b"}"# + "\n" }

    private func run(
        _ path: String, record: ImportRecord? = nil, resuming: ImportRecord.Content? = nil, items: Int = 2,
        _ deliver: @escaping ImportRun.Deliver
    ) throws -> ImportRun {
        let descriptor = PlainFile.openForReading(path)
        if let resuming { #expect(PlainFile.seek(descriptor, to: resuming.offset)) }
        let source = LineSource(
            descriptor, closes: true, offset: resuming?.offset ?? 0, lineNumber: resuming?.line ?? 0)
        let reader = ImportWindowReader(source, fallback: WorkspaceID("acme"), limits: .init(batchItems: items)) {
            name throws(CommandFailure) in name.text
        }
        return ImportRun(
            console.console(), reader: reader, record: record, totalBytes: nil, resuming: resuming, deliver: deliver)
    }

    private func accepting(_ batch: ImportWindow.Batch) -> BatchVerdict {
        var verdict = BatchVerdict()
        verdict.accepted = batch.lines.count
        return verdict
    }

    private func record(_ path: String) -> ImportRecord {
        ImportRecord(
            directory: directory.path, file: PlainFile.status(of: PlainFile.openForReading(path)), workspace: nil,
            logs: [])
    }

    @Test func `every line is delivered once and in order`() throws {
        let path = try directory.write((1...7).map(line).joined(), to: "in")
        let seen = Mutex<[Int]>([])
        var run = try run(path) { batch, meanwhile throws(CommandFailure) in
            meanwhile()
            seen.withLock { $0 += batch.lines.map(\.number) }
            return accepting(batch)
        }

        try run.run()

        #expect(seen.withLock { $0 } == Array(1...7))
        #expect(run.counts.lines == 7 && run.counts.accepted == 7)
    }

    @Test func `an interrupted import goes on where it was`() throws {
        let path = try directory.write((1...7).map(line).joined(), to: "in")
        let record = record(path)
        let seen = Mutex<[Int]>([])
        var first = try run(path, record: record) { batch, meanwhile throws(CommandFailure) in
            meanwhile()
            if batch.lines[0].number > 4 { throw CommandFailure("the power fails") }
            seen.withLock { $0 += batch.lines.map(\.number) }
            return accepting(batch)
        }
        #expect(throws: CommandFailure("the power fails\nThe same import, started again, goes on behind line 4.")) {
            try first.run()
        }

        let content = try #require(record.load(fileBytes: 1000))
        var second = try run(path, record: record, resuming: content) { batch, meanwhile throws(CommandFailure) in
            meanwhile()
            seen.withLock { $0 += batch.lines.map(\.number) }
            return accepting(batch)
        }
        try second.run()

        #expect(content.line == 4 && content.offset == 4 * line(1).utf8.count && content.counts.accepted == 4)
        #expect(seen.withLock { $0 } == Array(1...7))
        #expect(second.counts.lines == 7 && second.counts.accepted == 7)
        #expect(record.load(fileBytes: 1000) == nil)
    }

    @Test func `a record is of one state of a file`() throws {
        let path = try directory.write("a\n", to: "in")
        let before = record(path).path

        _ = try directory.write("a\nb\n", to: "in")

        #expect(record(path).path != before)
    }

    @Test func `a record that says nonsense is ignored`() throws {
        let record = record(try directory.write("a\n", to: "in"))
        record.save(.init(offset: 5000, line: 9, counts: ImportCounts()))

        #expect(record.load(fileBytes: 4999) == nil)
        #expect(record.load(fileBytes: 5000)?.line == 9)
        #expect(PlainFile.replace(record.path, with: Array("{".utf8)) == nil)
        #expect(record.load(fileBytes: 5000) == nil)
    }

    @Test func `the first twenty refusals are shown and the rest counted`() throws {
        let path = try directory.write((1...25).map { _ in "nonsense\n" }.joined(), to: "in")
        var run = try run(path) { batch, _ throws(CommandFailure) in accepting(batch) }

        try run.run()

        let lines = console.diagnostics.split(separator: "\n")
        #expect(run.counts.rejected == 25)
        #expect(lines.count == 21)
        #expect(lines.first?.hasPrefix("line 1: invalid_json: not JSON") == true)
        #expect(lines.last == "… and 5 more rejected lines")
    }

    @Test func `nothing but blank lines is no work`() throws {
        let path = try directory.write("\n \n\n", to: "in")
        var run = try run(path) { _, _ throws(CommandFailure) in throw CommandFailure("nothing is to be delivered") }

        try run.run()

        #expect(run.counts == ImportCounts())
    }
}
