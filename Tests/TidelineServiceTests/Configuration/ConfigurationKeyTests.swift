import Testing

@testable import TidelineService

struct ConfigurationKeyTests {
    @Test(arguments: [
        ("streams.maxAge", "TIDELINE_STREAMS_MAX_AGE"), ("auth.jwt.secret", "TIDELINE_AUTH_JWT_SECRET"),
        ("streams.maxConnectionsPerUser", "TIDELINE_STREAMS_MAX_CONNECTIONS_PER_USER"),
    ])
    func `a key has its environment variable`(path: String, variable: String) throws {
        let key = try #require(ConfigurationKey.named(path))

        #expect(key.variable == variable)
    }

    @Test func `no two keys share a path or a variable`() {
        let paths = Set(ConfigurationKey.table.map(\.path))
        let variables = Set(ConfigurationKey.table.map(\.variable))

        #expect(paths.count == ConfigurationKey.table.count)
        #expect(variables.count == ConfigurationKey.table.count)
        #expect(!variables.contains(ConfigurationLoader.fileVariable))
    }

    @Test(arguments: ConfigurationKey.table.map(\.path))
    func `every default is a value that its own key takes`(path: String) throws {
        let key = try #require(ConfigurationKey.named(path))

        let value = key.kind.value(of: key.defaultText)

        #expect(value == key.read(ServiceConfiguration()))
        #expect(value.map(key.admits) == true)
    }

    @Test func `each key writes its own field and no other`() throws {
        var written: [String: ServiceConfiguration] = [:]
        for key in ConfigurationKey.table where key.path != "cluster.url" {
            var configuration = ServiceConfiguration()
            let value = try #require(Self.other(than: key.read(configuration), for: key))
            key.write(&configuration, value)
            written[key.path] = configuration
        }

        for (path, configuration) in written {
            let changed = ConfigurationKey.table.filter { $0.read(configuration) != $0.read(ServiceConfiguration()) }
            #expect(changed.map(\.path) == [path])
        }
    }

    /// A value of the kind that is not `value`.
    private static func other(than value: ConfigurationValue, for key: ConfigurationKey) -> ConfigurationValue? {
        switch (key.kind, value) {
        case (.choice(let choices), .text(let text)): choices.first { $0 != text }.map { .text($0) }
        case (_, .duration(let duration)): .duration(duration + .seconds(1))
        case (_, .size(let bytes)): .size(bytes + 1)
        case (_, .integer(let integer)): .integer(integer + 1)
        case (_, .boolean(let flag)): .boolean(!flag)
        case (_, .text(let text)): .text(text + "x")
        case (_, .list(let items)): .list(items + ["x:1"])
        }
    }
}
