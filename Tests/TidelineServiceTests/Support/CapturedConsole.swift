import Foundation
import Synchronization

@testable import TidelineService

/// A console that keeps what is written.
final class CapturedConsole: Sendable {
    private let state = Mutex((output: [UInt8](), diagnostics: [UInt8]()))

    var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    var diagnostics: String { state.withLock { String(decoding: $0.diagnostics, as: UTF8.self) } }
    var outputLines: [String] { output.split(separator: "\n").map(String.init) }

    /// - Parameter outcome: what becomes of each write to standard output.
    func console(_ outcome: Console.Outcome = .written) -> Console {
        Console(
            output: { bytes in
                self.state.withLock { $0.output += bytes }
                return outcome
            }, diagnostics: { bytes in self.state.withLock { $0.diagnostics += bytes } })
    }
}

/// A directory that is deleted with the last reference to it; its path is short, since sockets go into it.
final class ScratchDirectory: Sendable {
    let path = "/tmp/tideline-\(UUID().uuidString.prefix(13))"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // what stays behind is temporary anyway

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        return "\(path)/\(name)"
    }
}
