import Testing

@testable import TidelineService

/// `Config/tideline.json5` and the code must say the same.
struct ConfigurationManualTests {
    /// The file, found from this one's place in the repository.
    private static let path =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        + "/Config/tideline.json5"

    @Test func `the manual is a configuration equal to the defaults`() throws {
        let loaded = try ConfigurationLoader.load(file: Self.path, environment: [:], arguments: [])

        #expect(loaded.configuration == ServiceConfiguration())
    }

    @Test func `the manual has every key, in the order of the code, and no other`() throws {
        let loaded = try ConfigurationLoader.load(file: Self.path, environment: [:], arguments: [])

        let lines = try ConfigurationKey.table.map { key in
            guard case .file(_, let line) = loaded.source(of: key) else { throw Missing(key: key.path) }
            return line
        }

        #expect(lines == lines.sorted())
        #expect(loaded.sources.count == ConfigurationKey.table.count)
    }

    @Test func `the manual spells each default as check-config does`() throws {
        let root = try JSON5Reader.read(FileReader.read(Self.path))

        for key in ConfigurationKey.table {
            let node = try #require(Self.node(at: key.path, in: root))
            switch node.content {
            case .string(let text): #expect(text == key.defaultText, "\(key.path)")
            case .array(let items): #expect(items.count == key.defaultText.split(separator: ",").count)
            default: #expect(node.explanation == key.defaultText, "\(key.path)")
            }
        }
    }

    @Test func `every key in the manual has a comment above it`() throws {
        let loaded = try ConfigurationLoader.load(file: Self.path, environment: [:], arguments: [])
        let text = String(decoding: try FileReader.read(Self.path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)

        for key in ConfigurationKey.table {
            guard case .file(_, let line) = loaded.source(of: key) else { throw Missing(key: key.path) }
            #expect(lines[line - 2].contains("//"), "\(key.path)")
        }
    }

    @Test func `the manual marks exactly the keys that a reload changes`() throws {
        let loaded = try ConfigurationLoader.load(file: Self.path, environment: [:], arguments: [])
        let text = String(decoding: try FileReader.read(Self.path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)

        for key in ConfigurationKey.table {
            guard case .file(_, let line) = loaded.source(of: key) else { throw Missing(key: key.path) }
            let mark =
                switch key.reload {
                case .restart: ","
                case .reload: ",  // [reload]"
                case .afterwards: ",  // [reload, afterwards]"
                }
            #expect(
                lines[line - 1].hasSuffix(mark) && !lines[line - 1].dropLast(mark.count).contains("//"), "\(key.path)")
        }
        #expect(text.contains("[reload]") && text.contains("SIGHUP"))
    }

    private struct Missing: Error { let key: String }

    private static func node(at path: String, in root: JSON5Node) -> JSON5Node? {
        path.split(separator: ".").reduce(root as JSON5Node?) { node, name in
            guard case .object(let members) = node?.content else { return nil }
            return members.first { $0.name == name }?.value
        }
    }
}
