import Persistence

/// The log itself: whether it holds together, and what lies beside it.
enum DatabaseChecks {
    static func run(_ configuration: ServiceConfiguration, isDeep: Bool) -> [Finding] {
        let settings = configuration.logSettings
        guard PlainFile.exists(settings.path) else {
            return [.ok("database", "there is none yet at \(settings.path)")]
        }
        return [content(settings, isDeep: isDeep), writeAheadLog(DiskSpace.size(of: settings.path + "-wal"), settings)]
    }

    private static func content(_ settings: LogSettings, isDeep: Bool) -> Finding {
        let check = isDeep ? "database.integrity" : "database.quick"
        do throws(StoreError) {
            let found = try LogInspection.read(settings.path, depth: isDeep ? .full : .quick)
            return .ok(
                check,
                "\(found.events) events in \(found.workspaces.count) workspaces, none missing, schema \(found.schemaVersion)"
            )
        } catch {
            switch error.reason {
            case .damaged, .foreignFile:
                return .fail(check, error.message, "stop the server and restore a backup: tideline restore FILE")
            case .newerSchema: return .fail(check, error.message, "run the Tideline that wrote it, or a newer one")
            case .locked, .database, .system, .closed:
                return .warn(check, error.message, "run doctor as the server's user")
            }
        }
    }

    static func writeAheadLog(_ bytes: Int, _ settings: LogSettings) -> Finding {
        let text = "\(ByteText.of(bytes)) of write-ahead log"
        if bytes <= settings.checkpointBytes * 16 { return .ok("database.wal", text) }
        return .warn(
            "database.wal", text,
            "somebody reads the database for very long (sqlite3, a copy by hand): end that, and it shrinks")
    }
}
