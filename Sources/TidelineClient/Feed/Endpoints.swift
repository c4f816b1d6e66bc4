package import Foundation

/// The addresses of one workspace on a server.
package struct Endpoints: Sendable {
    private let server: URL
    private let base: String

    package init(server: URL, workspace: String) {
        self.server = server
        let path = URLComponents(url: server, resolvingAgainstBaseURL: true)?.percentEncodedPath ?? ""
        let prefix = path.hasSuffix("/") ? String(path.dropLast()) : path
        let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "/;"))
        // Text that cannot be encoded is no workspace either; the server says so.
        base = prefix + "/api/workspaces/" + (workspace.addingPercentEncoding(withAllowedCharacters: allowed) ?? "-")
    }

    /// Stream, snapshot and posting, told apart by method and `Accept`.
    package func realtime(_ query: [(String, String)] = []) -> URL { url("/analytics/realtime", query) }
    /// Pages of the log.
    package func log(_ query: [(String, String)]) -> URL { url("/events", query) }

    private func url(_ path: String, _ query: [(String, String)]) -> URL {
        guard var components = URLComponents(url: server, resolvingAgainstBaseURL: true) else { return server }
        components.percentEncodedPath = base + path
        components.queryItems = query.isEmpty ? nil : query.map { URLQueryItem(name: $0.0, value: $0.1) }
        return components.url ?? server
    }
}
