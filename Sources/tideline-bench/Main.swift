import Glibc

/// `tideline-bench`: measures Tideline against the least a server can do, in one interleaved run.
///
/// Reading order: `Scenarios/` say what is measured, `Load/` plays the clients, `Floor/` is the yardstick, `Server/` starts
/// and watches the servers, `Report/` prints.
@main
struct Main {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        do throws(Failure) {
            var arguments = try Arguments(words.dropFirst())
            switch words.first ?? "help" {
            case "fanout": try Fanout.run(&arguments)
            case "idle": try Idle.run(&arguments)
            case "connect": try Connect.run(&arguments)
            case "workspaces": try Workspaces.run(&arguments)
            case "ingest": try Ingest.run(&arguments)
            case "floor": try FloorCommand.run(&arguments)
            case "help", "--help": Output.result(Usage.text)
            case let unknown:
                Output.progress("unknown subcommand: \(unknown)\n\n\(Usage.text)")
                exit(2)
            }
        } catch {
            Output.progress("FAILED: \(error)")
            exit(1)
        }
    }
}
