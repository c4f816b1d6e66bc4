import Foundation
import Testing

/// The API by example, pasted into one shell as a reader would, against a server of its own.
struct ReadmeTests {
    @Test(.timeLimit(.minutes(2))) func `every example of the README works as pasted and answers as shown`()
        async throws
    {
        let blocks = try ReadmeExamples.read()
        let server = try await ServerProcess.start()

        let outputs = try await run(blocks, against: server)

        #expect(blocks.count >= 10)
        for (number, block) in blocks.enumerated() {
            let output = try #require(outputs.indices.contains(number) ? outputs[number] : nil, "\(block.script)")
            for expectation in block.expectations where !expectation.isMet(by: output) {
                Issue.record("\(block.script)\nshould print \(expectation.text)\nbut printed \(output)")
            }
        }
    }

    /// Runs all blocks in one shell, in which a failing command ends everything.
    /// - Returns: what each of those printed that came to their end.
    private func run(_ blocks: [ReadmeExamples.Block], against server: ServerProcess) async throws -> [String] {
        let mark = "=== end of block"
        let script = blocks.map { "\($0.script)\nprintf '\\n%s\\n' '\(mark)'\n" }.joined()
        let program = try BuiltProduct.path("tideline", override: "TIDELINE_BINARY")
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent().path
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TIDELINE_") }
        environment["TIDELINE"] = "http://\(server.host):\(server.port)"
        environment["TIDELINE_STORAGE_DIRECTORY"] = server.data.path
        environment["TIDELINE_AUTH_JWT_SECRET"] = ServerProcess.secret
        environment["PATH"] = "\(folder):\(environment["PATH"] ?? "/usr/bin:/bin")"
        environment["TMPDIR"] = server.data.path
        let shell = try ChildProcess(
            "/usr/bin/env", ["bash", "-c", "set -euo pipefail\n" + script], environment: environment)

        let status = try await shell.waitExit(within: .seconds(90))
        try await shell.output.waitFinish()
        try await shell.errors.waitFinish()

        #expect(status == 0, "\(shell.errors.elements.suffix(5))")
        var outputs: [String] = []
        var lines: [String] = []
        for line in shell.output.elements {
            if line == mark {
                outputs.append(lines.joined(separator: "\n"))
                lines = []
            } else {
                lines.append(line)
            }
        }
        return outputs
    }
}

/// The shell blocks of the README between its two markers.
enum ReadmeExamples {
    struct Block {
        let script: String
        let expectations: [Expectation]
    }

    /// A line `# → first…second`: pieces of the output in this order.
    struct Expectation {
        let text: String

        func isMet(by output: String) -> Bool {
            var rest = output[...]
            for piece in text.split(separator: "…") {
                guard let found = rest.range(of: piece) else { return false }
                rest = rest[found.upperBound...]
            }
            return true
        }
    }

    private static let arrow = "# → "

    /// - Throws: ``WaitError`` when the README has no markers.
    static func read() throws -> [Block] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        let text = try String(contentsOfFile: root.joined(separator: "/") + "/README.md", encoding: .utf8)
        guard let begin = text.range(of: "<!-- api:begin -->"), let end = text.range(of: "<!-- api:end -->") else {
            throw WaitError(description: "the README has lost its examples")
        }
        let parts = text[begin.upperBound..<end.lowerBound].components(separatedBy: "```")
        // Text and blocks take turns.
        return stride(from: 1, to: parts.count, by: 2).compactMap { index in
            guard parts[index].hasPrefix("sh\n") else { return nil }
            let lines = parts[index].dropFirst(3).split(separator: "\n", omittingEmptySubsequences: false)
            return Block(
                script: lines.filter { !$0.hasPrefix(arrow) }.joined(separator: "\n"),
                expectations: lines.filter { $0.hasPrefix(arrow) }.map {
                    Expectation(text: String($0.dropFirst(arrow.count)))
                })
        }
    }
}
