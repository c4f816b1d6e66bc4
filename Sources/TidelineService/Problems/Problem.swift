import Events

/// An error as a client sees it: RFC 9457 problem details.
struct Problem: Error, Sendable {
    let code: ProblemCode
    /// What was wrong with this request, and what was expected; never a secret.
    let detail: String
    /// Where in the body, as JSON pointers (RFC 6901).
    var errors: [(pointer: String, detail: String)]
    /// `Retry-After`, in seconds.
    var retryAfter: Int?
    /// Whether somebody was denied something, which belongs in the audit log; 404 says it where 403 would say too much.
    var isDenial: Bool
    /// In which workspace, where that is known.
    var workspace: WorkspaceKey?

    init(
        _ code: ProblemCode, _ detail: String, errors: [(pointer: String, detail: String)] = [], retryAfter: Int? = nil
    ) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        isDenial = [401, 403, 421].contains(code.row.status)
    }

    /// What one may not see looks like what does not exist.
    static let notFound = Problem(.notFound, "There is nothing at this path for this credential.")

    /// The same for a workspace that is there, but not for this credential.
    static func hidden(in workspace: WorkspaceKey) -> Problem { notFound.denied(in: workspace) }

    /// The same answer, noted as a denial in `workspace`.
    func denied(in workspace: WorkspaceKey?) -> Problem {
        var problem = self
        problem.isDenial = true
        problem.workspace = workspace
        return problem
    }

    /// The members of the problem document; `instance` is the request's path.
    func json(instance: String?) -> [UInt8] {
        var json = JSONText()
        json.object {
            $0.member("type", "https://tideline.dev/problems/\(code.rawValue)")
            $0.member("title", code.row.title)
            $0.member("status", Int(code.row.status))
            $0.member("detail", detail)
            if let instance { $0.member("instance", instance) }
            $0.member("code", code.rawValue)
            if !errors.isEmpty {
                $0.array("errors", errors) { item, error in
                    item.object {
                        $0.member("pointer", error.pointer)
                        $0.member("detail", error.detail)
                    }
                }
            }
        }
        return json.bytes
    }
}
