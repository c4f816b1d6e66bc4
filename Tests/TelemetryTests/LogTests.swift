import Foundation
import Synchronization
import Telemetry
import Testing

struct LogTests {
    @Test func `a line has time, level, message and metadata in that order`() {
        let lines = CapturedLines()
        let log = Log(sink: lines.sink, wallClock: { 1_765_022_400_000 })

        log.info("server started", ["listen.address": "127.0.0.1:8080", "loops": 2, "tls": false, "ratio": 0.5])

        #expect(
            lines.texts == [
                #"{"time":"2025-12-06T12:00:00.000Z","level":"info","message":"server started","#
                    + #""listen.address":"127.0.0.1:8080","loops":2,"tls":false,"ratio":0.5}"# + "\n"
            ])
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_123, "2000-02-29T00:00:00.123Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
        (Int64.max, "9999-12-31T23:59:59.999Z"),
        (Int64.min, "0000-01-01T00:00:00.000Z"),
    ])
    func `time is RFC 3339 in UTC`(milliseconds: Int64, expected: String) throws {
        let lines = CapturedLines()

        Log(sink: lines.sink, wallClock: { milliseconds }).info("tick")

        #expect(try lines.objects[0]["time"] as? String == expected)
    }

    @Test(arguments: [
        "", "plain", "quote \" backslash \\ slash /", "line\nfeed\r\n", "tab\t", "\u{0}\u{1}\u{1F}\u{7F}\u{85}\u{9F}",
        "\u{2028}\u{2029}", "👩‍👩‍👧‍👦 é e\u{301} 漢字", "\",\"level\":\"error\",\"x\":\"", "a\u{FEFF}\u{202E}",
        "\u{10FFFF}\u{FFFD}",
    ])
    func `a hostile string stays one value of one line`(hostile: String) throws {
        let lines = CapturedLines()
        let log = Log(sink: lines.sink)

        log.warning("request refused", ["http.path": .string(hostile)])

        let object = try #require(try lines.objects.first)
        #expect((object["http.path"] as? String)?.unicodeScalars.elementsEqual(hostile.unicodeScalars) == true)
        #expect(object["level"] as? String == "warning")
        #expect(lines.texts[0].unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 })
    }

    @Test func `hostile keys are escaped too`() throws {
        let lines = CapturedLines()

        Log(sink: lines.sink).info("odd", ["a\"b\n": 1])

        #expect(try lines.objects[0]["a\"b\n"] as? Int == 1)
    }

    @Test func `durations are milliseconds and numbers without a JSON form are null`() {
        let lines = CapturedLines()
        let log = Log(sink: lines.sink, wallClock: { 0 })

        log.info(
            "figures",
            [
                "a.ms": .duration(.microseconds(12_345)), "b.ms": .duration(.seconds(2)), "c": .double(.nan),
                "d": .double(-.infinity), "e": .integer(UInt64.max),
            ])

        #expect(
            lines.texts[0].hasSuffix(#""a.ms":12.345,"b.ms":2000.0,"c":null,"d":null,"e":9223372036854775807}"# + "\n"))
    }

    @Test func `metadata below the level is not evaluated`() {
        let lines = CapturedLines()
        let evaluations = Mutex(0)
        let log = Log(level: .warning, sink: lines.sink)
        func evaluated() -> LogValue {
            evaluations.withLock { $0 += 1 }
            return 1
        }

        log.info("quiet", ["a": evaluated()])
        log.error("loud", ["a": evaluated()])

        #expect(evaluations.withLock { $0 } == 1)
        #expect(lines.texts.count == 1)
    }

    @Test func `copies share the level`() {
        let lines = CapturedLines()
        let log = Log(level: .info, sink: lines.sink)
        let copy = log

        log.level = .debug
        copy.debug("now visible")

        #expect(lines.texts.count == 1)
    }

    @Test(arguments: LogLevel.allCases)
    func `a level is read from its own word`(level: LogLevel) {
        #expect(LogLevel(level.text) == level)
        #expect(LogLevel(level.text.uppercased()) == nil)
    }
}

/// A sink that remembers.
final class CapturedLines: Sendable {
    private let lines = Mutex<[[UInt8]]>([])

    var sink: Log.Sink { { line in self.lines.withLock { $0.append(line) } } }
    var texts: [String] { lines.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
    /// Each line as another implementation of JSON reads it.
    var objects: [[String: Any]] {
        get throws {
            try lines.withLock { $0 }.map { line in
                try #require(line.last == UInt8(ascii: "\n") && !line.dropLast().contains(UInt8(ascii: "\n")))
                return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            }
        }
    }
}
