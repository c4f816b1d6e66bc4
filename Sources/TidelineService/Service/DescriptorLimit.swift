import Glibc
import Telemetry

/// The number of descriptors the process may open: each stream needs one.
enum DescriptorLimit {
    /// Descriptors for everything that is no stream.
    private static let others = 200

    /// Raises the soft limit to the hard one, and says so when `connections` do not fit.
    static func raise(for connections: Int, _ log: Log) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let room = Int(clamping: limit.rlim_cur) - others
        guard room < connections else { return }
        log.warning(
            "the descriptor limit is below streams.maxConnections",
            [
                "descriptors": .integer(Int64(clamping: limit.rlim_cur)),
                "streams.maxConnections": .integer(connections),
                "remedy": .string(
                    "raise it (ulimit -Hn, LimitNOFILE=) or set streams.maxConnections to \(max(room, 1))"),
            ])
    }
}
