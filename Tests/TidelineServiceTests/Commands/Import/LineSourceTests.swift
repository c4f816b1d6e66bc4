import Glibc
import Testing

@testable import TidelineService

struct LineSourceTests {
    private func source(_ text: String, maximumLineBytes: Int = 8, bufferBytes: Int = 12) throws -> LineSource {
        let directory = try ScratchDirectory()
        let descriptor = PlainFile.openForReading(try directory.write(text, to: "lines"))
        return LineSource(descriptor, closes: true, maximumLineBytes: maximumLineBytes, bufferBytes: bufferBytes)
    }

    private func all(_ source: LineSource) -> [String] {
        var lines: [String] = []
        while true {
            switch source.next() {
            case .line(let range): lines.append(String(decoding: source.buffer[range], as: UTF8.self))
            case .tooLong: lines.append("<too long>")
            case .nothingYet, .failed: lines.append("<failed>")
            case .end: return lines
            }
        }
    }

    @Test(arguments: 9...40) func `lines are the same whatever the buffer`(_ bufferBytes: Int) throws {
        let text = "\u{FEFF}one\ntwo\r\n\n12345678\n123456789\nmuch too long for any of the buffers here, really\nlast"

        let source = try source(text, bufferBytes: bufferBytes)

        #expect(all(source) == ["one", "two", "", "12345678", "<too long>", "<too long>", "last"])
        #expect(source.lineNumber == 7)
        #expect(source.offset == text.utf8.count)
    }

    @Test func `a final line end begins no line`() throws {
        #expect(all(try source("a\nb\n")) == ["a", "b"])
        #expect(all(try source("")) == [])
    }

    @Test func `a line that was put back comes again`() throws {
        let source = try source("one\ntwo\n")
        _ = source.next()
        let before = (source.offset, source.lineNumber)
        _ = source.next()

        source.putBack()

        #expect((source.offset, source.lineNumber) == before)
        #expect(all(source) == ["two"])
    }

    @Test func `a pipe that has nothing is not waited for`() throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let source = LineSource(ends[0], closes: true)
        defer { close(ends[1]) }

        let before = source.next(wait: 0)
        _ = unsafe write(ends[1], "a\nb", 3)
        let (line, half) = (source.next(wait: 0), source.next(wait: 0))

        #expect(before == .nothingYet && half == .nothingYet)
        #expect(line == .line(0..<1))
    }

    @Test func `reading may go on in the middle`() throws {
        let directory = try ScratchDirectory()
        let path = try directory.write("one\ntwo\nthree\n", to: "lines")
        let descriptor = PlainFile.openForReading(path)
        #expect(PlainFile.seek(descriptor, to: 4))

        let source = LineSource(descriptor, closes: true, offset: 4, lineNumber: 1)

        #expect(all(source) == ["two", "three"])
        #expect(source.lineNumber == 3 && source.offset == 14)
    }
}
