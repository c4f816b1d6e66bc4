import Glibc

/// The file that a backup becomes: made under another name, and there under its own only when it is complete.
struct BackupFile {
    let path: String
    /// Drawn for this backup: in a directory that others may write, nobody has made a link or a file of this name before.
    let partial: String

    /// - Throws: where there is something already, or no directory to put it in.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        partial = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
        guard !PlainFile.exists(path) else {
            throw CommandFailure("\(path) exists; a backup overwrites nothing, choose another name")
        }
        let directory = FileReader.directory(of: path)
        guard unsafe access(directory, W_OK | X_OK) == 0 else {
            throw Self.failure("write into \(directory)", errno)
        }
    }

    var directory: String { FileReader.directory(of: path) }

    /// Takes the copy at `source` over: by renaming it where that is possible, else byte by byte.
    /// - Parameter progress: called now and then with the bytes done.
    func take(_ source: String, progress: (Int) throws(CommandFailure) -> Void) throws(CommandFailure) {
        let made = unsafe open(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw Self.failure("write \(partial)", errno) }
        defer { close(made) }
        if unsafe rename(source, partial) == 0 {
            try protect()
        } else {
            guard errno == EXDEV else { throw Self.failure("move the copy to \(partial)", errno) }
            try copy(source, to: made, progress)
        }
    }

    /// Makes what was moved here ours: by its descriptor, since the server that made it may be another user's.
    private func protect() throws(CommandFailure) {
        let descriptor = try Self.openRegular(partial)
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw Self.failure("protect \(partial)", errno) }
        // Of another user only when this is root, who may; nobody else sees a difference.
        _ = fchown(descriptor, geteuid(), getegid())
    }

    /// Opens a file that is neither a link nor anything that would make the reader wait.
    private static func openRegular(_ path: String) throws(CommandFailure) -> Int32 {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read \(path)", errno) }
        guard PlainFile.status(of: descriptor).isRegular else {
            close(descriptor)
            throw CommandFailure("\(path) is not a regular file")
        }
        return descriptor
    }

    private func copy(
        _ source: String, to output: Int32, _ progress: (Int) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        let input = try Self.openRegular(source)
        defer { close(input) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var done = 0
        while true {
            let count = PlainFile.read(input, into: &chunk, from: 0)
            guard count >= 0 else { throw Self.failure("read \(source)", errno) }
            if count == 0 { return }
            var written = 0
            while written < count {
                let step = unsafe chunk.withUnsafeBytes { bytes in
                    unsafe write(output, bytes.baseAddress! + written, count - written)
                }
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw Self.failure("write \(partial)", errno) }
                written += step
            }
            done += count
            try progress(done)
        }
    }

    /// Gives the file its name, durably, unless something has got that name meanwhile: then it stays under the other one.
    func publish() throws(CommandFailure) {
        try synchronize(partial)
        if unsafe link(partial, path) == 0 {
            PlainFile.remove(partial)
        } else {
            // A file system without hard links: look, then rename.
            let code = errno
            if code == EEXIST || PlainFile.exists(path) {
                throw CommandFailure(
                    "\(path) has appeared meanwhile, and stays; the backup, complete and checked, is \(partial)")
            }
            guard unsafe rename(partial, path) == 0 else {
                throw Self.failure("rename \(partial), which is the backup,", errno)
            }
        }
        try synchronize(directory)
    }

    func discard() { PlainFile.remove(partial) }

    private func synchronize(_ path: String) throws(CommandFailure) {
        let descriptor = PlainFile.openForReading(path)
        guard descriptor >= 0 else { throw Self.failure("open \(path)", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("sync \(path)", errno) }
    }

    static func failure(_ action: String, _ code: Int32) -> CommandFailure {
        CommandFailure("cannot \(action): \(SystemErrorText.of(code))")
    }
}

/// What a disk has left, and what files take.
enum DiskSpace {
    /// Bytes that this user may still write below `directory`; nil where nobody can tell.
    static func free(in directory: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(directory, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// Bytes of the file; 0 where there is none.
    static func size(of path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
