import HTTPProtocol

extension Operation {
    private static let grants = Schema.array(
        of: .object(["id": .identifier, "slug": .identifier, "role": .ref("Role")]))

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
            problems: [.unauthenticated, .tokenExpired, .invalidToken]),
        Operation(
            method: .delete, pattern: "/api/session", id: "signOut", group: .access, summary: "End the browser session",
            access: .anybody, answers: [.empty(204, "Signed out, or never signed in.")], problems: [.crossOrigin]),
        Operation(
            method: .get, pattern: "/api/me", id: "whoAmI", group: .access,
            summary: "The user, and the workspaces they may enter",
            answers: [
                .json(
                    .object(["userId": .identifier, "name?": .string, "workspaces": grants]),
                    "An operator is shown the first thousand.")
            ]),
    ]
}
