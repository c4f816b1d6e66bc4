import Synchronization
import Testing

@testable import TidelineService

struct StageLineTests {
    @Test func `elsewhere than on a terminal each stage is a line`() {
        let console = CapturedConsole()
        var line = StageLine(console.console())

        line.begin("copying")
        line.update(1, of: 2)
        line.begin("checking")
        line.end()

        #expect(console.diagnostics == "copying\nchecking\n")
    }

    @Test func `on a terminal the stage overwrites itself and goes`() {
        let shown = Mutex("")
        let console = Console(isTerminal: true, output: { _ in .written }) { bytes in
            shown.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
        }
        var line = StageLine(console)
        let start = ContinuousClock.now

        line.begin("copying")
        line.update(1 << 20, of: 4 << 20, now: start + .seconds(1))
        line.update(2 << 20, of: 4 << 20, now: start + .milliseconds(1_100))
        line.update(3 << 20, of: 4 << 20, now: start + .seconds(2))
        line.end()

        let clear = "\r\u{1B}[K"
        #expect(
            shown.withLock { $0 } == clear + "copying …" + clear + "copying 25 %  1.0 MiB of 4.0 MiB" + clear
                + "copying 75 %  3.0 MiB of 4.0 MiB" + clear)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1.0 KiB"), (1_024, "1.0 KiB"), (102_400, "100 KiB"), (5 << 20, "5.0 MiB"),
        (3 << 40, "3.0 TiB"),
    ])
    func `sizes are for people`(bytes: Int, text: String) {
        #expect(ByteText.of(bytes) == text)
    }
}
