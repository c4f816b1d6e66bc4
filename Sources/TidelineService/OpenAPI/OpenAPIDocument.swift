import HTTPProtocol
import HTTPServer

/// The OpenAPI 3.1 document, generated from the route table and what ``Operation/table`` says of each route.
struct OpenAPIDocument {
    /// A route that no operation describes; a test keeps the list empty.
    private(set) var undescribed: [Route] = []
    private(set) var json: JSONTree = nil

    /// - Parameter routes: all of the server's; those of the control socket are no part of the API.
    init(routes: [Route]) {
        let operations = Dictionary(
            uniqueKeysWithValues: Operation.table.map { (Self.key($0.method, $0.pattern), $0) })
        var paths: [(name: String, value: JSONTree)] = []
        for route in routes where !route.isLocalOnly {
            guard let operation = operations[Self.key(route.method, route.pattern)] else {
                undescribed.append(route)
                continue
            }
            let method = (name: "\(route.method.text)".lowercased(), value: Self.describe(operation, route))
            let path = Self.template(route.pattern)
            if let index = paths.firstIndex(where: { $0.name == path }), case .object(let members) = paths[index].value
            {
                paths[index].value = .object(members + [method])
            } else {
                paths.append((path, .object([method])))
            }
        }
        json = [
            "openapi": "3.1.1",
            "info": [
                "title": "Tideline", "version": .string(ProductVersion.text), "summary": "Live workspace analytics.",
                "description": .string(Self.introduction),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(
                Operation.Group.allCases.map { ["name": .string($0.rawValue), "description": .string($0.description)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": Self.securitySchemes,
                "schemas": .object(Components.schemas.map { ($0.name, $0.schema.tree) }),
            ],
        ]
    }

    private static func key(_ method: Method, _ pattern: String) -> String { "\(method.text) \(pattern)" }

    /// `/api/:name` as `/api/{name}`.
    private static func template(_ pattern: String) -> String {
        pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
    }

    private static let introduction = """
        Services append events; every workspace has one durable, gapless log; streams, snapshots and pages are views of it.
        A trailing slash makes no difference. HEAD is answered wherever GET is. Times are UTC with milliseconds.
        Every answer carries `X-Request-Id`. What one may not see looks like what does not exist.
        """

    private static let securitySchemes: JSONTree = [
        "bearer": [
            "type": "http", "scheme": "bearer",
            "description": "A JWT, or an API key made by `tideline key create`.",
        ],
        "session": [
            "type": "apiKey", "in": "cookie", "name": "tideline_session",
            "description":
                "Set by POST /api/session; `__Host-tideline_session` behind https. Requests that change something must be same-origin.",
        ],
        "ticket": [
            "type": "apiKey", "in": "query", "name": "ticket",
            "description": "One use within 30 s, made by POST /api/tickets; for an EventSource of another origin.",
        ],
    ]
}

// MARK: - One operation

extension OpenAPIDocument {
    private static func describe(_ operation: Operation, _ route: Route) -> JSONTree {
        var members: [(name: String, value: JSONTree)] = [
            ("operationId", .string(operation.id)), ("tags", [.string(operation.group.rawValue)]),
            ("summary", .string(operation.summary)),
        ]
        if !operation.description.isEmpty { members.append(("description", .string(operation.description))) }
        members.append(("security", security(operation.access)))
        let parameters = pathParameters(route.pattern) + operation.parameters.map(describe)
        if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
        if !operation.body.isEmpty { members.append(("requestBody", body(operation, route))) }
        members.append(("responses", .object(responses(operation, route))))
        return .object(members)
    }

    private static func security(_ access: Operation.Access) -> JSONTree {
        switch access {
        case .anybody: []
        case .credential: [["bearer": []], ["session": []]]
        case .streamCredential: [["bearer": []], ["session": []], ["ticket": []]]
        }
    }

    private static func pathParameters(_ pattern: String) -> [JSONTree] {
        pattern.split(separator: "/").filter { $0.hasPrefix(":") }.map { segment in
            let name = String(segment.dropFirst())
            return [
                "name": .string(name), "in": "path", "required": true, "schema": Schema.identifier.tree,
                "description": .string(name == "workspace" ? "The workspace's id or slug." : "See the summary."),
            ]
        }
    }

    private static func describe(_ parameter: Operation.Parameter) -> JSONTree {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "schema": parameter.schema.tree, "description": .string(parameter.description),
            // A list is one value split by commas.
            "explode": false,
        ]
    }

    private static func body(_ operation: Operation, _ route: Route) -> JSONTree {
        var members: [(name: String, value: JSONTree)] = []
        switch route.body {
        case .none: break
        case .buffered(let limit), .incremental(let limit):
            members.append(("description", "At most \(SizeText.format(limit))."))
        }
        members.append(("required", .bool(operation.isBodyRequired)))
        members.append(("content", content(operation.body)))
        return .object(members)
    }

    private static func content(_ content: [(type: String, schema: Schema)]) -> JSONTree {
        .object(content.map { ($0.type, ["schema": $0.schema.tree]) })
    }

    /// Answers by status, problems behind successes, each in ascending order.
    private static func responses(_ operation: Operation, _ route: Route) -> [(name: String, value: JSONTree)] {
        let answered = operation.answers.map { (String($0.status), describe($0)) }
        var byStatus: [UInt16: [ProblemCode]] = [:]
        for code in problems(of: operation, route) { byStatus[code.row.status, default: []].append(code) }
        let refused = byStatus.sorted { $0.key < $1.key }.map { (String($0.key), describe($0.value)) }
        return answered + refused
    }

    private static func problems(of operation: Operation, _ route: Route) -> [ProblemCode] {
        var codes = always + operation.problems
        if operation.access != .anybody { codes += authentication }
        if route.pattern.contains("/:workspace") { codes += workspace }
        if route.body != .none { codes += body }
        var seen: Set<ProblemCode> = []
        return codes.filter { seen.insert($0).inserted }
    }

    /// What any request may get, whatever its path.
    private static let always: [ProblemCode] = [
        .invalidRequest, .methodNotAllowed, .requestTimeout, .tooLarge, .expectationFailed, .misdirected, .headTooLarge,
        .internalError, .notImplemented, .versionNotSupported,
    ]
    private static let authentication: [ProblemCode] = [.unauthenticated, .tokenExpired, .invalidToken, .crossOrigin]
    private static let workspace: [ProblemCode] = [
        .forbidden, .notFound, .storageUnavailable, .queueFull, .storageFull,
    ]
    private static let body: [ProblemCode] = [.lengthRequired]

    private static func describe(_ answer: Operation.Answer) -> JSONTree {
        var members: [(name: String, value: JSONTree)] = [("description", .string(answer.description))]
        let headers: [(name: String, value: JSONTree)] = answer.headers.map {
            ($0.name, ["description": .string($0.description), "schema": Schema.string.tree])
        }
        if !headers.isEmpty { members.append(("headers", .object(headers))) }
        if !answer.content.isEmpty { members.append(("content", content(answer.content))) }
        return .object(members)
    }

    private static func describe(_ codes: [ProblemCode]) -> JSONTree {
        let schema: Schema =
            codes.contains(.batchRefused) ? .either(.ref("BatchProblem"), .ref("Problem")) : .ref("Problem")
        let lines = codes.map { "`\($0.rawValue)`: \($0.row.title). \($0.row.remedy)" }
        return [
            "description": .string(lines.joined(separator: "\n")),
            "content": ["application/problem+json": ["schema": schema.tree]],
        ]
    }
}
