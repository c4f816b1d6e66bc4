import Glibc

/// Standard error as a text stream, for progress and failures; results go to standard output.
struct ErrorOutput: TextOutputStream {
    mutating func write(_ string: String) {
        let bytes = Array(string.utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }
}

enum Output {
    /// A new value each time: the stream has no state.
    static var errors: ErrorOutput {
        get { ErrorOutput() }
        set {}
    }

    static func progress(_ text: String) { print(text, to: &errors) }

    /// Prints a result at once, also when standard output is a file.
    static func result(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe Glibc.write(1, bytes, bytes.count)
    }
}
