import Glibc
import Telemetry

/// Where a command's results and diagnostics go. Any thread may write.
package struct Console: Sendable {
    /// What became of a write to standard output.
    package enum Outcome: Sendable, Equatable {
        case written
        /// Nobody reads any more, as after `| head`.
        case closed
        case failed(errno: Int32)
    }

    private let output: @Sendable ([UInt8]) -> Outcome
    private let diagnostics: @Sendable ([UInt8]) -> Void
    /// Whether a person watches standard error, so that progress may overwrite itself.
    let isTerminal: Bool
    /// How wide the terminal is that standard output goes to, in columns; nil where it is none.
    let outputColumns: @Sendable () -> Int?

    package init(
        isTerminal: Bool = false, outputColumns: @escaping @Sendable () -> Int? = { nil },
        output: @escaping @Sendable ([UInt8]) -> Outcome,
        diagnostics: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.isTerminal = isTerminal
        self.outputColumns = outputColumns
        self.output = output
        self.diagnostics = diagnostics
    }

    /// The process's own. Ignores SIGPIPE from then on, so that a closed pipe is an outcome and not an end.
    package static func standard() -> Console {
        signal(SIGPIPE, SIG_IGN)
        return Console(
            isTerminal: isatty(STDERR_FILENO) == 1, outputColumns: columns, output: { write($0, to: STDOUT_FILENO) },
            diagnostics: Log.standardError)
    }

    /// Writes to standard output, all of it.
    /// - Throws: ``CommandFailure/outputClosed`` when nobody reads any more; else what the system said.
    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        switch output(bytes) {
        case .written: return
        case .closed: throw .outputClosed
        case .failed(let code): throw CommandFailure("cannot write standard output: \(SystemErrorText.of(code))")
        }
    }

    func write(line: String) throws(CommandFailure) { try write(Array(line.utf8) + [UInt8(ascii: "\n")]) }

    /// Writes one line to standard error.
    func say(_ line: String) { say(raw: line + "\n") }

    /// Writes to standard error as it is.
    func say(raw text: String) { diagnostics(Array(text.utf8)) }

    private static func columns() -> Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Outcome {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                return .closed
            } else if errno != EINTR {
                return .failed(errno: errno)
            }
        }
        return .written
    }
}
