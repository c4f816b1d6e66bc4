import Glibc

/// A child process with its output in files, killed by the kernel when this program dies.
struct Subprocess {
    let processID: pid_t

    /// Starts `arguments` on processor `cpu`, by `setpriv` (die with the parent) and `taskset` (pin) of util-linux.
    init(_ arguments: [String], cpu: Int?, environment: [String] = [], output: String, errors: String) throws(Failure) {
        var command = ["setpriv", "--pdeathsig", "KILL"]
        if let cpu { command += ["taskset", "-c", "\(cpu)"] }
        command += arguments
        processID = try Subprocess.spawn(command, environment: environment, output: output, errors: errors)
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], environment: [String] = [], output: String = "/dev/null") throws(Failure) {
        let child = try spawn(arguments, environment: environment, output: output, errors: output + ".err")
        let status = Subprocess.wait(for: child)
        guard status == 0 else {
            let said = Files.text(output + ".err") ?? ""
            throw Failure("\(arguments.joined(separator: " ")): exit status \(status)\n\(said)")
        }
    }

    /// Pins the calling process to `cpu`.
    static func pinSelf(to cpu: Int) throws(Failure) {
        let child = try spawn(
            ["taskset", "-cp", "\(cpu)", "\(getpid())"], environment: [], output: "/dev/null", errors: "/dev/null")
        guard wait(for: child) == 0 else { throw Failure("taskset could not pin this process to CPU \(cpu)") }
    }

    var isRunning: Bool {
        var status: Int32 = 0
        return unsafe waitpid(processID, &status, WNOHANG) == 0
    }

    /// Ends the process by SIGTERM, or SIGKILL after `patience`.
    func stop(patience: Double = 10) {
        kill(processID, SIGTERM)
        let deadline = Monotonic.now + Int64(patience * Double(Monotonic.second))
        while isRunning {
            if Monotonic.now > deadline { kill(processID, SIGKILL) }
            Monotonic.sleep(seconds: 0.005)
        }
    }

    func killNow() {
        kill(processID, SIGKILL)
        _ = Subprocess.wait(for: processID)
    }

    /// The exit status, or 128 + the signal.
    func waitForEnd() -> Int32 { Subprocess.wait(for: processID) }

    private static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    private static func spawn(
        _ arguments: [String], environment: [String], output: String, errors: String
    ) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o600)
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe (inheritedEnvironment() + environment).map { unsafe strdup($0) } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &argv, &envp)
        guard code == 0 else { throw .system("start \(arguments[0])", code) }
        return child
    }

    private static func inheritedEnvironment() -> [String] {
        let own = Files.text("/proc/self/environ") ?? ""
        return own.split(separator: "\0").map(String.init).filter { !$0.hasPrefix("TIDELINE_") }
    }
}
