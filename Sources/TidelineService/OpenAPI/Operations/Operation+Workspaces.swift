import Events
import HTTPProtocol

extension Operation {
    private static let workspace = Schema.object([
        "id": .identifier, "slug": .identifier, "name?": .string, "tz": .ref("TimeZone"), "role": .ref("Role"),
    ])

    private static let auditPage = Schema.object([
        "entries": .array(
            of: .object([
                "id": .string, "at": .timestamp, "actor": .string.described("A user; `-` where nobody was known."),
                "action": .string, "subject?": .string, "outcome": .string.described("`ok`, or the problem's code."),
                "requestId?": .string, "detail?": .string,
            ])),
        "next": .nullable(.string).described("`before` of the next page; null on the last."),
    ])

    private static let auditParameters: [Parameter] = [
        .query("limit", .integer(1...500, default: 100), "Entries a page at most."),
        .query(
            "before", Schema(["type": "string", "pattern": "^[0-9a-f-]{36}$"]), "The id of the last entry of a page."),
    ]

    static let workspaces: [Operation] = [
        Operation(
            method: .get, pattern: "/api/workspaces", id: "listWorkspaces", group: .workspaces,
            summary: "The workspaces one may enter",
            answers: [.json(.object(["workspaces": .array(of: workspace)]), "An operator is shown all there are.")],
            problems: [.storageUnavailable]),
        Operation(
            method: .post, pattern: "/api/workspaces", id: "createWorkspace", group: .workspaces,
            summary: "Create a workspace", description: "For operators: admin in every workspace (`*`).",
            body: [
                (
                    "application/json",
                    .input([
                        "slug": .identifier, "tz?": .ref("TimeZone"),
                        "name?": .text(1...Catalogue.maximumTitleScalars),
                    ])
                )
            ],
            answers: [.json(workspace, "Created.", status: 201)],
            problems: [
                .forbidden, .workspaceExists, .invalidID, .invalidPayload, .unsupportedMediaType, .invalidJSON,
                .duplicateKey, .tooDeep, .queueFull, .storageUnavailable, .storageFull,
            ]),
        Operation(
            method: .get, pattern: "/api/workspaces/:workspace/audit", id: "readAudit", group: .workspaces,
            summary: "Who was denied what, and what administrators did", description: "Needs the role admin.",
            parameters: auditParameters, answers: [.json(auditPage, "Newest first.")],
            problems: [.invalidParameter, .outOfRange]),
        Operation(
            method: .get, pattern: "/api/audit", id: "readServerAudit", group: .workspaces,
            summary: "The same for requests that concern no workspace",
            description: "For operators: admin in every workspace (`*`).", parameters: auditParameters,
            answers: [.json(auditPage, "Newest first.")],
            problems: [.invalidParameter, .outOfRange, .forbidden, .storageUnavailable]),
    ]
}
