import Telemetry

struct DemoHost { init(_ g: Gateway, _ l: Log) {}; func start() {}; func stop() {} }
package enum CommandRunner {
    package static func run(_ a: [String], environment: [String: String]) -> Int32 {
        do {
            if case .serve(let o) = try Command.parse(a) { return ServeCommand.run(o, environment: environment) }
        } catch { print(error) }
        return 2
    }
}
