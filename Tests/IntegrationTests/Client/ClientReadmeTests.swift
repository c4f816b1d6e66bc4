import Foundation
import Testing

/// The Swift example of the README: compiled as a reader would, and run against a server of its own.
struct ClientReadmeTests {
    @Test(.timeLimit(.minutes(3))) func `the Swift example of the README compiles, runs and prints what it says`()
        async throws
    {
        let example = try SwiftExample.read()
        let folder = try TemporaryDirectory("example")
        let source = try folder.write(example.source, to: "main.swift")
        let server = try await ServerProcess.start()

        let compiler = try ChildProcess(
            "/usr/bin/env",
            ["swiftc", "-swift-version", "6", source, "-o", folder.file("example")] + SwiftExample.library())
        let compiled = try await compiler.waitExit(within: .seconds(120))
        try await compiler.errors.waitFinish()
        #expect(compiled == 0, "\(compiler.errors.elements)")
        var environment = ProcessInfo.processInfo.environment
        environment["TIDELINE"] = "http://\(server.host):\(server.port)"
        environment["TOKEN"] = server.token(user: "ada", workspaces: ["acme": "admin"])
        let program = try ChildProcess(folder.file("example"), [], environment: environment)
        let status = try await program.waitExit(within: .seconds(30))
        try await program.output.waitFinish()

        let output = program.output.elements.joined(separator: "\n")
        #expect(status == 0 && example.source.split(separator: "\n", omittingEmptySubsequences: false).count <= 30)
        #expect(!example.expectations.isEmpty)
        for expectation in example.expectations where !expectation.isMet(by: output) {
            Issue.record("should print \(expectation.text)\nbut printed \(output)")
        }
    }
}

/// The Swift block of the README between its two markers.
private struct SwiftExample {
    let source: String
    let expectations: [ReadmeExamples.Expectation]

    private static let arrow = "// → "

    /// - Throws: ``WaitError`` when the README has no such block.
    static func read() throws -> SwiftExample {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        let text = try String(contentsOfFile: root.joined(separator: "/") + "/README.md", encoding: .utf8)
        guard let begin = text.range(of: "<!-- swift:begin -->"), let end = text.range(of: "<!-- swift:end -->") else {
            throw WaitError(description: "the README has lost its Swift example")
        }
        let parts = text[begin.upperBound..<end.lowerBound].components(separatedBy: "```")
        guard parts.count == 3, parts[1].hasPrefix("swift\n") else {
            throw WaitError(description: "the README's Swift example is no single block of Swift")
        }
        let lines = parts[1].dropFirst(6).split(separator: "\n", omittingEmptySubsequences: false)
        return SwiftExample(
            source: lines.filter { !$0.hasPrefix(arrow) }.joined(separator: "\n"),
            expectations: lines.filter { $0.hasPrefix(arrow) }.map {
                ReadmeExamples.Expectation(text: String($0.dropFirst(arrow.count)))
            })
    }

    /// What the compiler needs to find the library beside the running tests: its modules and its object files.
    static func library() throws -> [String] {
        let products = URL(fileURLWithPath: try BuiltProduct.path("tideline")).deletingLastPathComponent()
        let objects = try ["TidelineClient", "ServerSentEvents"].flatMap { module in
            let folder = products.appendingPathComponent("\(module).build")
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "o" }.map(\.path)
        }
        return ["-I", products.appendingPathComponent("Modules").path] + objects
    }
}
