import Glibc

/// What tells one state of a file from another without reading it.
struct FileStamp: Hashable, Sendable {
    var size: Int
    var inode: UInt64
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
}

/// Reads files below one directory; blocking, for the pool.
///
/// A file is opened first and judged by its descriptor afterwards, so nothing can be swapped in between: it must be
/// regular, and its real path must lie below the root's. Symbolic links inside the root work, those that leave it do not.
struct FileReader: Sendable {
    enum Failure: Error, Hashable { case notFound, tooLarge, unreadable }

    private let root: String

    /// - Returns: nil when `directory` is no directory that can be entered.
    init?(directory: String) {
        guard let descriptor = Descriptor(opening: directory, O_RDONLY | O_DIRECTORY), let path = descriptor.path else {
            return nil
        }
        root = path
    }

    /// The file's stamp, and its bytes unless the stamp is `known`.
    func read(
        _ relativePath: String, unless known: FileStamp?, maximumBytes: Int
    ) throws(Failure) -> (stamp: FileStamp, bytes: [UInt8]?) {
        // O_NONBLOCK: opening a FIFO must not wait for its other end.
        guard let file = Descriptor(opening: root + "/" + relativePath, O_RDONLY | O_NONBLOCK),
            let stamp = file.regularFileStamp, let path = file.path, path.hasPrefix(root == "/" ? "/" : root + "/")
        else { throw .notFound }
        if stamp == known { return (stamp, nil) }
        guard stamp.size <= maximumBytes else { throw .tooLarge }
        guard let bytes = file.read(count: stamp.size) else { throw .unreadable }
        return (stamp, bytes)
    }
}

/// An open file that closes itself.
private struct Descriptor: ~Copyable {
    private let number: Int32

    init?(opening path: String, _ flags: Int32) {
        let opened = unsafe open(path, flags | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        number = opened
    }

    deinit { close(number) }

    /// Where the file really is, links resolved.
    var path: String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let capacity = bytes.count
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            // readlink writes at most `capacity` bytes, which is what the buffer has.
            guard let start = unsafe buffer.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink("/proc/self/fd/\(number)", start, capacity)
        }
        guard count > 0, count < capacity else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    var regularFileStamp: FileStamp? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileStamp(
            size: Int(status.st_size), inode: UInt64(status.st_ino), modifiedSeconds: status.st_mtim.tv_sec,
            modifiedNanoseconds: status.st_mtim.tv_nsec)
    }

    /// `count` bytes from the start; nil when the file has fewer by now or the disk fails.
    func read(count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                // `filled` is below `count`, the size of the buffer.
                unsafe pread(number, buffer.baseAddress.map { unsafe $0 + filled }, count - filled, off_t(filled))
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
