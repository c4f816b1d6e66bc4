import Events
import HTTPProtocol
import HTTPServer

/// `?final=true&hold=10m`, and on a whole workspace `?user=U`.
struct CloseParameters {
    /// How long the closed users are kept out; nil: not said.
    let hold: Duration?
    /// Whether they are answered 204 in that time, which ends an EventSource for good.
    let isFinal: Bool
    /// Whose streams; nil: everyone's.
    let user: UserID?

    init(_ request: Request) throws(Problem) {
        guard let query = request.query() else { throw Problem(.invalidRequest, "The query is badly encoded.") }
        hold = try query["hold"].map { (text) throws(Problem) in
            guard let given = DurationText.parse(text), given >= .zero, given <= .seconds(86_400) else {
                throw Problem(.invalidParameter, "hold is a duration of up to 24h, such as 10m.")
            }
            return given
        }
        switch query["final"] {
        case nil, "false": isFinal = false
        case "true": isFinal = true
        default: throw Problem(.invalidParameter, "final is true or false.")
        }
        user = try UserID(in: query)
    }
}

extension UserID {
    /// `?user=U`; nil without it.
    init?(in query: QueryString) throws(Problem) {
        guard let text = query["user"] else { return nil }
        guard let user = UserID(text) else {
            throw Problem(.invalidParameter, "user is an id of 1–64 bytes of [A-Za-z0-9._:-].")
        }
        self = user
    }
}
