import CLinux
import Glibc

/// Whether this machine lets the server be as large as it is configured.
enum MachineChecks {
    /// Descriptors for everything that is no stream, as `serve` reckons.
    private static let otherDescriptors = 200

    static func run(_ configuration: ServiceConfiguration, _ server: RunningServer) -> [Finding] {
        let streams = configuration.streams
        var findings = [
            descriptors(
                server.descriptorLimit ?? hardLimit, for: streams.maxConnections, isRunning: server.processID != nil)
        ]
        if let available = availableMemory() {
            findings.append(
                memory(available, streams: streams.maxConnections, replay: streams.replayMemory))
        }
        findings.append(clock(isSynchronized: isClockSynchronized))
        findings += kernel(
            maxConnections: streams.maxConnections, somaxconn: ProcText.integer("/proc/sys/net/core/somaxconn"),
            synBacklog: ProcText.integer("/proc/sys/net/ipv4/tcp_max_syn_backlog"),
            conntrack: ProcText.integer("/proc/sys/net/netfilter/nf_conntrack_max"), ports: localPorts)
        return findings
    }

    // MARK: Judgements

    static func descriptors(_ limit: Int, for connections: Int, isRunning: Bool) -> Finding {
        let whose = isRunning ? "the running server has" : "a server started from here has"
        let need = connections + otherDescriptors
        if limit >= need { return .ok("machine.descriptors", "\(whose) \(limit), \(need) are needed") }
        return .fail(
            "machine.descriptors", "\(whose) \(limit) descriptors, but streams.maxConnections needs \(need)",
            "raise the hard limit (LimitNOFILE= in systemd, ulimit -Hn) or set streams.maxConnections to \(max(1, limit - otherDescriptors))"
        )
    }

    static func memory(_ available: Int, streams: Int, replay: Int) -> Finding {
        // A stream costs about 1 KiB of ours and 7 KiB of the kernel's while it is idle.
        let need = 64 << 20 + replay + streams * 8_192
        let text = "\(ByteText.of(available)) available, \(ByteText.of(need)) needed for all streams"
        if available >= need { return .ok("machine.memory", text) }
        return .warn("machine.memory", text, "lower streams.maxConnections or streams.replayMemory, or add memory")
    }

    static func clock(isSynchronized: Bool) -> Finding {
        if isSynchronized { return .ok("machine.clock", "the kernel's clock is synchronised") }
        return .warn(
            "machine.clock", "nothing synchronises the kernel's clock, as far as it knows",
            "run chrony or systemd-timesyncd (in a container: on its host); tokens expire by this clock")
    }

    static func kernel(
        maxConnections: Int, somaxconn: Int?, synBacklog: Int?, conntrack: Int?, ports: Int?
    ) -> [Finding] {
        var findings: [Finding] = []
        func require(_ name: String, _ value: Int?, atLeast least: Int, _ consequence: String) {
            guard let value, value < least else { return }
            findings.append(
                .warn("machine.sysctl", "\(name) is \(value): \(consequence)", "sysctl -w \(name)=\(least)"))
        }
        require("net.core.somaxconn", somaxconn, atLeast: 4_096, "of a crowd that returns at once, some are dropped")
        require(
            "net.ipv4.tcp_max_syn_backlog", synBacklog, atLeast: 1_024, "half-open connections crowd each other out")
        require(
            "net.netfilter.nf_conntrack_max", conntrack, atLeast: maxConnections * 2,
            "the firewall drops connections beyond it")
        if let ports, ports < maxConnections {
            findings.append(
                .warn(
                    "machine.sysctl",
                    "net.ipv4.ip_local_port_range has \(ports) ports: a proxy on this machine needs one a stream",
                    "sysctl -w net.ipv4.ip_local_port_range='10240 65535', or let the proxy use a Unix socket"))
        }
        return findings.isEmpty ? [.ok("machine.sysctl", "queues and ports are large enough")] : findings
    }

    // MARK: Facts

    private static var hardLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_max)
    }

    /// What the machine, and the control group this runs in, have left.
    private static func availableMemory() -> Int? {
        let line = ProcText.read("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        guard let limit = ProcText.integer("/sys/fs/cgroup/memory.max"),
            let used = ProcText.integer("/sys/fs/cgroup/memory.current")
        else { return kibibytes * 1_024 }
        return min(kibibytes * 1_024, max(0, limit - used))
    }

    private static var isClockSynchronized: Bool {
        var state = timex()
        return unsafe adjtimex(&state) != TIME_ERROR
    }

    private static var localPorts: Int? {
        let bounds = ProcText.read("/proc/sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace)
            .compactMap { Int($0) }
        guard let bounds, bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[1] - bounds[0] + 1
    }
}
