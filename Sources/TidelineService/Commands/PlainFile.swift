import Glibc

/// The few calls on files that commands need; blocking. Failures are errno values.
enum PlainFile {
    /// What tells one state of a file from another, without reading it.
    struct Status: Equatable {
        let isRegular: Bool
        let size: Int
        /// Device, inode, size and time of the last change.
        let identity: String
    }

    /// Makes the directory `path` and those above it, mode 0700; one that exists is left as it is.
    /// - Returns: nil, or errno.
    static func makeDirectory(_ path: String) -> Int32? {
        if unsafe mkdir(path, 0o700) == 0 { return nil }
        switch errno {
        case EEXIST: return nil
        case ENOENT:
            let parent = FileReader.directory(of: path)
            guard parent != path else { return ENOENT }
            if let code = makeDirectory(parent) { return code }
            return unsafe mkdir(path, 0o700) == 0 || errno == EEXIST ? nil : errno
        default: return errno
        }
    }

    /// Whether the name is taken, be it by a link to nothing.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Opens `path` for reading.
    /// - Returns: a descriptor, or -1 with errno.
    static func openForReading(_ path: String) -> Int32 { unsafe open(path, O_RDONLY | O_CLOEXEC) }

    static func status(of descriptor: Int32) -> Status {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return Status(isRegular: false, size: 0, identity: "") }
        let changed = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        return Status(
            isRegular: status.st_mode & S_IFMT == S_IFREG, size: Int(status.st_size),
            identity: "\(status.st_dev):\(status.st_ino):\(status.st_size):\(changed)")
    }

    /// Moves the read position of a regular file.
    static func seek(_ descriptor: Int32, to offset: Int) -> Bool { lseek(descriptor, offset, SEEK_SET) == offset }

    /// The read position; 0 where there is none.
    static func position(of descriptor: Int32) -> Int { max(0, lseek(descriptor, 0, SEEK_CUR)) }

    /// Whether reading would not wait, asked for at most `milliseconds`; true at the end and after an error too.
    static func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) != 0
    }

    /// Reads into `buffer` from `start` on.
    /// - Returns: the number of bytes, 0 at the end; -1 with errno.
    static func read(_ descriptor: Int32, into buffer: inout [UInt8], from start: Int) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress! + start, bytes.count - start)
            }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Everything up to the end.
    static func readAll(_ descriptor: Int32, maximumBytes: Int) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, into: &chunk, from: 0)
            if count == 0 { return bytes }
            guard count > 0 else { throw CommandFailure("cannot read standard input: \(SystemErrorText.of(errno))") }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw CommandFailure("standard input is larger than limits.bodyBytes, \(SizeText.format(maximumBytes))")
            }
        }
    }

    /// The offset of the first LF in `range` of `buffer`.
    static func lineFeed(in buffer: [UInt8], _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.upperBound <= buffer.count else { return nil }
        return unsafe buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + range.lowerBound, 0x0A, range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Moves the bytes in `range` to the start of `buffer`, in place.
    static func moveToFront(_ buffer: inout [UInt8], _ range: Range<Int>) {
        precondition(range.upperBound <= buffer.count, "the range is not in the buffer")
        unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            _ = unsafe memmove(base, base + range.lowerBound, range.count)
        }
    }

    /// Replaces `path` by a file with `bytes`, mode 0600, in one step.
    /// - Returns: nil, or errno.
    static func replace(_ path: String, with bytes: [UInt8]) -> Int32? {
        let temporary = path + ".new"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        let written = unsafe write(descriptor, bytes, bytes.count)
        let failure = written == bytes.count ? nil : errno
        close(descriptor)
        if let failure { return failure }
        return unsafe rename(temporary, path) == 0 ? nil : errno
    }

    static func remove(_ path: String) { _ = unsafe unlink(path) }
}
