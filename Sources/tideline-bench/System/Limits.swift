import Glibc

/// Limits of this machine that a benchmark has to respect.
enum Limits {
    /// Most streams a plan may ask for; descriptors for the publisher, epoll and files come on top.
    static let maximumStreams = 19_000

    /// Raises the soft descriptor limit to the hard one (children inherit it) and returns it.
    @discardableResult
    static func raiseDescriptors() throws(Failure) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("getrlimit", errno)
        }
        limit.rlim_cur = limit.rlim_max
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("setrlimit", errno)
        }
        return Int(clamping: limit.rlim_cur)
    }

    static var processors: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
