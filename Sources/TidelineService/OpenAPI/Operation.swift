import HTTPProtocol

/// What a client author must know of one route: the part of an OpenAPI operation that the route table does not hold.
///
/// Method, path, path parameters and the size of a body come from the route; problems become responses by their status.
struct Operation: Sendable {
    /// A parameter of the query or of a header field.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case query, header }

        let place: Place
        let name: String
        let schema: Schema
        let description: String

        static func query(_ name: String, _ schema: Schema, _ description: String) -> Parameter {
            Parameter(place: .query, name: name, schema: schema, description: description)
        }

        static func header(_ name: String, _ schema: Schema, _ description: String) -> Parameter {
            Parameter(place: .header, name: name, schema: schema, description: description)
        }
    }

    /// One success, or another answer that is no problem.
    struct Answer: Sendable {
        let status: UInt16
        let description: String
        /// By media type; empty: no body.
        var content: [(type: String, schema: Schema)] = []
        var headers: [(name: String, description: String)] = []

        static func json(
            _ schema: Schema, _ description: String, status: UInt16 = 200,
            headers: [(name: String, description: String)] = []
        ) -> Answer {
            Answer(
                status: status, description: description, content: [("application/json", schema)], headers: headers)
        }

        static func empty(_ status: UInt16, _ description: String) -> Answer {
            Answer(status: status, description: description)
        }
    }

    /// Who may call it.
    enum Access: Sendable { case anybody, credential, streamCredential }

    let method: Method
    let pattern: String
    /// Unique; what a generated client calls the function.
    let id: String
    let group: Group
    let summary: String
    var description = ""
    var access = Access.credential
    var parameters: [Parameter] = []
    /// By media type; empty: no body is taken.
    var body: [(type: String, schema: Schema)] = []
    var isBodyRequired = true
    var answers: [Answer]
    /// Beside those that every operation, and every operation with a credential, can answer.
    var problems: [ProblemCode] = []
}

extension Operation {
    /// The parts of the API, in the order of the document.
    enum Group: String, CaseIterable, Sendable {
        case realtime = "Realtime"
        case events = "Events"
        case access = "Access"
        case workspaces = "Workspaces"
        case operations = "Operations"

        var description: String {
            switch self {
            case .realtime: "The live stream, its snapshot for pollers, and its administration."
            case .events: "The log: append in batches, read page by page."
            case .access: "Browser sessions, one-use tickets, and who one is."
            case .workspaces: "The workspaces one may enter, and their audit logs."
            case .operations: "For operators and their tools."
            }
        }
    }

    /// Every operation there is; a test compares it with the route table both ways.
    static let table: [Operation] = realtime + events + access + workspaces + operations
}
