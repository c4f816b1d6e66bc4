import CLinux
import Dispatch
import Glibc

/// Ends the process in order while its main thread blocks: on SIGINT or SIGTERM, or when the reader of its output is gone.
enum ProcessEnd {
    /// Takes over both signals in this thread and in all that it starts; call it before there are others.
    /// - Parameter prepare: called once, before the process ends with status 0.
    static func watch(_ prepare: @escaping @Sendable () -> Void) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        unsafe sigaddset(&set, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        let signals = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC))
        precondition(signals >= 0, "a signalfd could not be made")
        DispatchQueue(label: "tideline.end").async {
            wait(for: signals)
            prepare()
            _exit(0)
        }
    }

    /// Blocks until a signal is pending or nobody can read standard output any more. A file or a terminal is never done.
    private static func wait(for signals: Int32) {
        var entries = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        while true {
            guard unsafe poll(&entries, nfds_t(entries.count), -1) > 0 else { continue }
            if entries[0].revents != 0 { return }
            if entries[1].revents & Int16(POLLERR | POLLHUP) != 0 { return }
            // Whatever else it says of standard output is said again: look at the signals alone.
            entries[1].fd = -1
        }
    }
}
