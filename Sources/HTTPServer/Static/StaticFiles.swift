import Glibc
import HTTPProtocol
import Synchronization

/// Serves the files below one directory, for GET and HEAD; everything else about them is a 404.
///
/// Small files are kept in memory and compared with the disk at most once a second; the disk is touched on a pool of its
/// own, never on a loop.
package final class StaticFiles: Sendable {
    /// The pages load what this server gives them and nothing else.
    static let contentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        + "form-action 'self'; object-src 'none'"
    fileprivate static let fields: HTTPFields = [
        .cacheControl: "no-cache", "content-security-policy": contentSecurityPolicy,
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    ]
    /// Larger files belong on another server.
    static let maximumFileBytes = 16_777_216
    static let maximumCachedBytes = 4_194_304
    /// How long a file is served from memory before its stamp is compared, in milliseconds.
    static let freshness: Int64 = 1_000

    private let reader: FileReader
    private let pool = BlockingPool()
    private let cache = Mutex(FileCache(maximumBytes: maximumCachedBytes))

    /// - Returns: nil when `root` is no directory that can be entered.
    package init?(root: String) {
        guard let reader = FileReader(directory: root) else { return nil }
        self.reader = reader
    }

    /// The route to give to ``Router/setFallback(_:)``.
    package var route: Route {
        Route(.get, "/*") { request, responder in self.respond(to: request.head, with: responder) }
    }

    private func respond(to head: RequestHead, with responder: Responder) {
        guard let path = StaticPath.relativePath(of: head.path) else { return responder.respond(.notFound) }
        let now = Self.now()
        let known = cache.withLock { $0[path] }
        if let known, now - known.checkedAt < Self.freshness {
            return responder.answer(known, head)
        }
        let accepted = pool.run {
            switch self.load(path, known, now) {
            case .success(let entry): responder.answer(entry, head)
            case .failure(.notFound), .failure(.tooLarge): responder.respond(.notFound)
            case .failure(.unreadable): responder.respond(.internalError)
            }
        }
        if !accepted { responder.respond(Response(.serviceUnavailable, [.retryAfter: "1"])) }
    }

    /// Brings the cache up to date for one file; on the pool.
    private func load(
        _ path: String, _ known: FileCache.Entry?, _ now: Int64
    ) -> Result<FileCache.Entry, FileReader.Failure> {
        do throws(FileReader.Failure) {
            let (stamp, bytes) = try reader.read(path, unless: known?.stamp, maximumBytes: Self.maximumFileBytes)
            var entry: FileCache.Entry
            if let known, bytes == nil {
                entry = known
                entry.checkedAt = now
            } else {
                let type = FileMediaTypes.type(ofFileNamed: path)
                entry = FileCache.Entry(
                    stamp: stamp,
                    body: PreparedBody(bytes ?? [], isCompressible: FileMediaTypes.isCompressible(type)),
                    mediaType: type, checkedAt: now)
            }
            cache.withLock { $0.insert(entry, at: path) }
            return .success(entry)
        } catch {
            cache.withLock { $0.remove(path) }
            return .failure(error)
        }
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Responder {
    /// Sends a file, or says that the client has it.
    fileprivate func answer(_ file: FileCache.Entry, _ head: RequestHead) {
        let allowed: [Method] = [.get, .head, .options]
        if head.method == .options { return respond(Response(.noContent, [.allow: Method.list(allowed)])) }
        guard head.method == .get || head.method == .head else {
            return respond(.methodNotAllowed(allow: allowed))
        }
        respond(file.body.response(to: head, mediaType: file.mediaType, fields: StaticFiles.fields))
    }
}
