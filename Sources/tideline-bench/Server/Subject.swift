/// A server that can be measured.
enum Subject {
    case tideline(binary: String)
    case floor(name: String)

    /// How the tables call it.
    var name: String {
        switch self {
        case .tideline: "tideline"
        case .floor(let name): name
        }
    }
}
