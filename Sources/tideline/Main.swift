import Glibc
import TidelineService

@main
struct Main {
    static func main() {
        exit(CommandRunner.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.variables()))
    }
}
