import Glibc

/// The exclusive hold on a data directory: an `flock` on `DATA/lock`, which also names the holder's pid.
///
/// The kernel drops it when the process ends, however that happens.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `.locked(pid:)` when another opener holds the directory.
    package init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open", errno, path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .system("flock", code, path: path) }
            throw Self.held(directory, by: DurableFile.read(path, maximumBytes: 64))
        }
        self.descriptor = descriptor
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Gives the directory up now; the object is of no use any more.
    func release() { _ = flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }

    private static func held(_ directory: String, by content: [UInt8]?) -> StoreError {
        let text = String(decoding: (content ?? []).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let pid = Int32(text)
        let holder = pid.map { "process \($0)" } ?? "another process"
        return StoreError(
            reason: .locked(pid: pid),
            message: "\(directory) is in use by \(holder); stop it, or give this one another data directory")
    }
}
