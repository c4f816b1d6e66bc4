import HTTPProtocol

/// Turns a request's path into a path below the root, or into nothing.
///
/// Only plain names come through: no empty one, none that begins with a dot (`..`, dotfiles), none with a slash, backslash
/// or NUL, whatever they were encoded as.
enum StaticPath {
    static let index = "index.html"
    /// More than any file of ours is deep.
    static let maximumSegments = 16

    /// - Returns: `a/b.css` for `/a/b.css`, `index.html` for `/`; nil when no file can have that path.
    static func relativePath(of path: ArraySlice<UInt8>) -> String? {
        guard let segments = RequestPath(path)?.decoded() else { return nil }
        if segments.isEmpty { return index }
        guard path.last != UInt8(ascii: "/"), segments.count <= maximumSegments, segments.allSatisfy(isPlainName) else {
            return nil
        }
        return segments.joined(separator: "/")
    }

    private static func isPlainName(_ name: String) -> Bool {
        name.utf8.first != UInt8(ascii: ".") && !name.isEmpty
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
    }
}
