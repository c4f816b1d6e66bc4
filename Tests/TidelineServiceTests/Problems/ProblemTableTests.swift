import Foundation
import Testing

@testable import TidelineService

/// The README's table of problem codes is made from ``ProblemCode``:
///
///     TIDELINE_README=write swift test --filter ProblemTableTests
///
/// writes it; otherwise it is compared.
struct ProblemTableTests {
    private static let path =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        + "/README.md"

    @Test func `the README names every problem code as the code does`() throws {
        let readme = try String(contentsOfFile: Self.path, encoding: .utf8)
        let begin = try #require(readme.range(of: "<!-- problems:begin -->\n"))
        let end = try #require(readme.range(of: "<!-- problems:end -->"))
        let section = begin.upperBound..<end.lowerBound

        if ProcessInfo.processInfo.environment["TIDELINE_README"] == "write" {
            let written = readme.replacingCharacters(in: section, with: Self.table)
            try written.write(toFile: Self.path, atomically: true, encoding: .utf8)
        } else {
            #expect(readme[section] == Self.table)
        }
    }

    @Test func `every code is a word of its own and an error status`() {
        let codes = ProblemCode.allCases

        #expect(codes.allSatisfy { $0.rawValue.allSatisfy { $0 == "_" || ("a"..."z").contains($0) } })
        #expect(codes.allSatisfy { (400...599).contains($0.row.status) })
    }

    private static var table: String {
        let rows = ProblemCode.allCases.map { code in
            "| \(code.row.status) | `\(code.rawValue)` | \(code.row.title) | \(code.row.remedy) |\n"
        }
        return "| status | code | when | what to do |\n|---:|---|---|---|\n" + rows.joined()
    }
}
