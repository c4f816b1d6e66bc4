import Events

/// Why a command did not do what it was asked: exit status 1, and this on standard error.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what to do; no final full stop, never a secret.
    let message: String

    init(_ message: String) { self.message = message }

    /// What a server said against a request.
    init(_ reply: HTTPReply) {
        // An answer that is no problem document still has a status.
        let problem = try? JSONDocument(scanning: reply.body, limits: .stored).root
        let code = problem?["code"]?.string.map { " \($0)" } ?? ""
        let detail = problem?["detail"]?.string.map { ": \($0)" } ?? ""
        // Whoever answered may not be ours.
        message = TailOutput.printable("the server refused with \(reply.status)\(code)\(detail)")
    }

    /// Nobody reads the results any more: the command ends quietly, with status 0.
    static let outputClosed = CommandFailure("standard output is closed")

    static func noWorkspace(_ name: String) -> CommandFailure {
        CommandFailure("there is no workspace \"\(name)\"; make it with: tideline workspace create \(name)")
    }

    var description: String { "tideline: \(message)" }
}
