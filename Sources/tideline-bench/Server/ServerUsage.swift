import Glibc

/// What a server process has used so far.
struct ServerUsage {
    /// User and system time of the process and the children it has waited for.
    let cpuSeconds: Double
    let residentBytes: Int
    let proportionalBytes: Int
    /// Socket buffers of the whole machine: server's and clients' side together.
    let kernelBytes: Int

    init(of process: Subprocess) throws(Failure) {
        cpuSeconds = try ServerUsage.cpuSeconds(process.processID)
        let rollup = Files.text("/proc/\(process.processID)/smaps_rollup") ?? ""
        residentBytes = ServerUsage.kibibytes("Rss:", in: rollup) * 1024
        proportionalBytes = ServerUsage.kibibytes("Pss:", in: rollup) * 1024
        kernelBytes = ServerUsage.socketBytes
    }

    /// Fields 14 to 17 of `/proc/PID/stat` (proc(5)); the second field may contain anything, so count from its end.
    private static func cpuSeconds(_ process: pid_t) throws(Failure) -> Double {
        guard let text = Files.text("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else {
            throw Failure("the server is gone")
        }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 14 else { throw Failure("/proc/\(process)/stat is short") }
        let ticks = fields[11...14].compactMap { Int($0) }.reduce(0, +)
        let children = (Files.text("/proc/\(process)/task/\(process)/children") ?? "").split(separator: " ")
        var seconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        for child in children.compactMap({ pid_t($0) }) { seconds += try cpuSeconds(child) }
        return seconds
    }

    private static func kibibytes(_ key: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// The `mem` of TCP in `/proc/net/sockstat`, which counts pages.
    static var socketBytes: Int {
        let line = (Files.text("/proc/net/sockstat") ?? "").split(separator: "\n").first { $0.hasPrefix("TCP:") }
        let words = line?.split(separator: " ") ?? []
        guard let index = words.firstIndex(of: "mem"), index + 1 < words.count else { return 0 }
        return (Int(words[index + 1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
