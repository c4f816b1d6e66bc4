import CLinux
import Glibc
import Persistence

/// The data directory: who may read it, whether there is room, how fast its disk syncs.
enum DataChecks {
    private static let probes = 20

    static func run(_ configuration: ServiceConfiguration) -> [Finding] {
        let storage = configuration.storage
        let directory = configuration.logSettings.directory
        guard PlainFile.exists(directory) else {
            return [.ok("data.directory", "\(directory) is not there yet; serve makes it")]
        }
        var findings = [modes(directory, storage)]
        if let name = networkFileSystem(directory) {
            findings.append(
                .fail(
                    "data.filesystem", "\(directory) is on \(name): SQLite's write-ahead log needs a local file system",
                    "put storage.directory on a local disk"))
        }
        if let free = DiskSpace.free(in: directory) {
            findings.append(space(free, database: DiskSpace.size(of: storage.databasePath)))
        }
        findings.append(syncing(measureSync(in: directory), directory))
        return findings
    }

    // MARK: Judgements

    static func space(_ free: Int, database: Int) -> Finding {
        let text = "\(ByteText.of(free)) free, the database has \(ByteText.of(database))"
        if free < 256 << 20 {
            return .fail(
                "data.space", text, "make room: at 0 every POST is 507, and nothing is lost that was acknowledged")
        }
        if free < 1 << 30 || free < database {
            return .warn(
                "data.space", text, "a backup needs as much as the database; shorten storage.retain or make room")
        }
        return .ok("data.space", text)
    }

    /// - Parameter latencies: of writes of 4 KiB that were synced; nil where none could be made.
    static func syncing(_ latencies: [Duration]?, _ directory: String) -> Finding {
        guard let latencies = latencies?.sorted(), let worst = latencies.last else {
            return .warn("data.sync", "\(directory) cannot be written by this user", "run doctor as the server's user")
        }
        let median = latencies[latencies.count / 2]
        let text = "a sync takes \(milliseconds(median)) ms, at worst \(milliseconds(worst)) ms (of \(latencies.count))"
        if median > .milliseconds(100) || worst > .seconds(2) {
            return .fail(
                "data.sync", text,
                "every acknowledgement waits for one: use a local SSD, or find who keeps the disk busy")
        }
        if median > .milliseconds(20) || worst > .milliseconds(500) {
            return .warn(
                "data.sync", text, "every acknowledgement waits for one; group what you post, or use a faster disk")
        }
        return .ok("data.sync", text)
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(Int(duration / .microseconds(10))) / 100
    }

    // MARK: Facts

    private static func modes(_ directory: String, _ storage: ServiceConfiguration.Storage) -> Finding {
        let secrets = [storage.secretPath, storage.databasePath, storage.controlSocketPath]
        let exposed = ([directory] + secrets).filter(PlainFile.isReadableByOthers)
        if exposed.isEmpty { return .ok("data.modes", "nobody else may look into \(directory)") }
        // Behind a closed directory nothing is open.
        let isClosed = !exposed.contains(directory)
        let detail = "others may read \(exposed.joined(separator: ", "))"
        let remedy = "chmod go= \(exposed.joined(separator: " "))"
        let isSecretOpen = exposed.contains(storage.secretPath) && !isClosed
        return isSecretOpen ? .fail("data.modes", detail, remedy) : .warn("data.modes", detail, remedy)
    }

    private static func networkFileSystem(_ directory: String) -> String? {
        var status = statfs()
        guard unsafe statfs(directory, &status) == 0 else { return nil }
        return switch UInt32(truncatingIfNeeded: status.f_type) {
        case 0x6969: "NFS"
        case 0x517B, 0xFF53_4D42, 0xFE53_4D42: "SMB"
        case 0x0102_1997: "9P"
        default: nil
        }
    }

    private static func measureSync(in directory: String) -> [Duration]? {
        let path = "\(directory)/doctor.probe"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer {
            close(descriptor)
            PlainFile.remove(path)
        }
        let page = [UInt8](repeating: 0, count: 4_096)
        var latencies: [Duration] = []
        for _ in 0..<probes {
            let start = ContinuousClock.now
            guard unsafe write(descriptor, page, page.count) == page.count, fdatasync(descriptor) == 0 else {
                return nil
            }
            latencies.append(start.duration(to: .now))
        }
        return latencies
    }
}

extension PlainFile {
    /// Whether group or others may read it; false where there is nothing.
    static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o044 != 0
    }
}
