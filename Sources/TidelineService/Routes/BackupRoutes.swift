import HTTPProtocol
import HTTPServer
import Persistence

/// `/control/backup`: how `tideline backup` has the running server make a copy. POST begins, GET asks how it stands (at least
/// every 5 s), DELETE ends it and removes what was not taken.
struct BackupRoutes: Sendable {
    let context: ServiceContext

    func routes() -> [Route] {
        [
            Route(.post, "/control/backup", body: .buffered(limit: 4096), isLocalOnly: true) { begin($1) },
            Route(.get, "/control/backup", isLocalOnly: true) { $1.respond(.json(status(context.backups.status()))) },
            Route(.delete, "/control/backup", isLocalOnly: true) { end($1) },
        ]
    }

    private func begin(_ responder: Responder) {
        guard context.backups.begin(context.log, context.diagnostics) else {
            return responder.respond(
                .json(
                    Array(#"{"detail":"another backup is under way; try again when it is done"}"#.utf8),
                    status: .conflict))
        }
        responder.respond(.json(status(context.backups.status()), status: .accepted))
    }

    private func end(_ responder: Responder) {
        // Removes a file, so not on a loop.
        let isQueued = context.pool.submit {
            context.backups.end()
            responder.respond(.json(Array("{}".utf8)))
        }
        if !isQueued { responder.respond(Response(.serviceUnavailable)) }
    }

    private func status(_ status: BackupDesk.Status) -> [UInt8] {
        var json = JSONText()
        json.object {
            switch status {
            case .none: $0.member("state", "none")
            case .copying(let progress):
                $0.member("state", "copying")
                $0.member("total", progress.total)
                $0.member("copied", progress.copied)
            case .ready: $0.member("state", "ready")
            case .failed(let message):
                $0.member("state", "failed")
                $0.member("detail", message)
            }
        }
        return json.bytes
    }
}
