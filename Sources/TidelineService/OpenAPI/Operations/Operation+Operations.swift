import HTTPProtocol

extension Operation {
    private static let readiness = Schema.object(["status": .oneOf("ready", "unready"), "parts": .map(of: .string)])

    static let operations: [Operation] = [
        Operation(
            method: .get, pattern: "/healthz", id: "isAlive", group: .operations, summary: "Is the process alive?",
            access: .anybody, answers: [.json(.object(["status": .constant("ok")]), "It is.")]),
        Operation(
            method: .get, pattern: "/readyz", id: "isReady", group: .operations,
            summary: "Can every part of the server work?", access: .anybody,
            answers: [.json(readiness, "Ready."), .json(readiness, "Not ready; the parts say why.", status: 503)]),
        Operation(
            method: .get, pattern: "/metrics", id: "metrics", group: .operations, summary: "Metrics for Prometheus",
            description: "For peers of this machine, or for the bearer of metrics.token; to others it does not exist.",
            access: .anybody,
            answers: [
                Answer(
                    status: 200, description: "Prometheus text format.", content: [("text/plain", .string)])
            ],
            problems: [.notFound]),
        Operation(
            method: .get, pattern: "/api/definitions", id: "defineFigures", group: .operations,
            summary: "What each figure means", access: .anybody,
            answers: [.json(.ref("Definitions"), "Meaning, window and unit of each figure.")]),
        Operation(
            method: .get, pattern: OpenAPIRoute.path, id: "describeAPI", group: .operations,
            summary: "This document", access: .anybody,
            answers: [.json(.anyObject, "OpenAPI 3.1."), .empty(304, "You have it already.")]),
    ]
}
