import HTTPProtocol

extension Operation {
    private static let grants = Schema.array(
        of: .object(["id": .identifier, "slug": .identifier, "name?": .string, "role": .ref("Role")]))

    static let access: [Operation] = [
        Operation(
            method: .post, pattern: "/api/session", id: "signIn", group: .access,
            summary: "Exchange a bearer token for a browser session",
            description:
                "Takes a JWT, or the one-time token of a login link. The cookie is HttpOnly and SameSite=Strict.",
            access: .anybody,
            answers: [
                .json(
                    .object(["userId": .identifier, "name?": .string, "expiresAt": .timestamp]),
                    "Signed in.", headers: [("Set-Cookie", "The session.")])
            ],
            problems: [.unauthenticated, .tokenExpired, .invalidToken, .crossOrigin]),
        Operation(
            method: .delete, pattern: "/api/session", id: "signOut", group: .access, summary: "End the browser session",
            description: "Its streams end with `closing {auth_expired}`, and copies of its cookie count no more.",
            access: .anybody, answers: [.empty(204, "Signed out, or never signed in.")], problems: [.crossOrigin]),
        Operation(
            method: .get, pattern: "/api/me", id: "whoAmI", group: .access,
            summary: "The user, and the workspaces they may enter",
            answers: [
                .json(
                    .object([
                        "userId": .identifier, "name?": .string, "workspaces": grants,
                        "isOperator": .bool.described("Whether the credential has a role in every workspace."),
                    ]),
                    "An operator is shown the first thousand workspaces.")
            ]),
        Operation(
            method: .post, pattern: "/api/tickets", id: "makeTicket", group: .access,
            summary: "Make a one-use ticket for a stream",
            description: """
                For an EventSource, which cannot send `Authorization`: `?ticket=` opens one stream or snapshot within 30 s. \
                The stream ends when the credential does that asked for the ticket.
                """,
            body: [("application/json", .anyObject)], isBodyRequired: false,
            answers: [
                .json(.object(["ticket": .string, "expiresAt": .timestamp]), "Good for one request.", status: 201)
            ],
            problems: [
                .rateLimited, .capacity, .forbidden, .unsupportedMediaType, .invalidJSON, .duplicateKey, .tooDeep,
            ]),
    ]
}
