/// The media types of the files we serve, by the ending of their names.
enum FileMediaTypes {
    /// The value of Content-Type for a file called `name`; a browser told `nosniff` downloads what it does not know.
    static func type(ofFileNamed name: String) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return unknown }
        return table[String(name[name.index(after: dot)...]).lowercased()] ?? unknown
    }

    /// Whether files of `type` become smaller by compressing: texts do, images and fonts are compressed already.
    static func isCompressible(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasSuffix("+xml")
            || type.hasSuffix("+json")
    }

    private static let unknown = "application/octet-stream"

    private static let table: [String: String] = [
        "css": "text/css; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "ico": "image/x-icon",
        "js": "text/javascript; charset=utf-8",
        "json": "application/json",
        "map": "application/json",
        "mjs": "text/javascript; charset=utf-8",
        "png": "image/png",
        "svg": "image/svg+xml",
        "txt": "text/plain; charset=utf-8",
        "webmanifest": "application/manifest+json",
        "woff2": "font/woff2",
    ]
}
