/// A server that can be measured.
enum Subject {
    case tideline(binary: String)
    /// `losing`: the planted bug of `FloorServer`.
    case floor(name: String, losing: String?)

    /// How the tables call it.
    var name: String {
        switch self {
        case .tideline: "tideline"
        case .floor(let name, _): name
        }
    }
}
