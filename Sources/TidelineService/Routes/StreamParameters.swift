import Broadcast
import Events
import HTTPProtocol
import HTTPServer

/// What the query and the fields of a stream request ask for.
struct StreamParameters {
    /// The position to resume from; nil: a fresh stream.
    var resume: StreamPosition?
    var filter: TypeFilter?
    var wantsStats = true
    var wantsEvents = true

    /// - Throws: `invalid_request`, `invalid_parameter`.
    init(_ request: Request) throws(Problem) {
        guard let query = request.query() else { throw Problem(.invalidRequest, "The query is badly encoded.") }
        resume = try Self.position(request.head, query)
        if let types = query["types"] {
            guard let filter = TypeFilter(types) else {
                throw Problem(
                    .invalidParameter,
                    "types is a list of up to 32 event types or prefixes such as message.*, split by commas.")
            }
            self.filter = filter
        }
        wantsStats = try Self.flag("stats", query)
        wantsEvents = try Self.flag("events", query)
        if !wantsStats, !wantsEvents {
            throw Problem(.invalidParameter, "stats=off and events=off together leave nothing to send.")
        }
    }

    /// `Last-Event-ID` wins over `?lastEventId=`, since a native EventSource repeats its old URL. A field that is no
    /// position comes from another server behind the same address: it gets a `reset`, as one of another epoch does,
    /// because a 400 would end an EventSource for good.
    private static func position(_ head: RequestHead, _ query: QueryString) throws(Problem) -> StreamPosition? {
        if let field = head.text(of: .lastEventID), !field.isEmpty {
            return StreamPosition(field) ?? StreamPosition(epoch: foreignEpoch, sequence: 0)
        }
        guard let text = query["lastEventId"], !text.isEmpty else { return nil }
        guard let position = StreamPosition(text) else {
            throw Problem(.invalidParameter, "lastEventId is the id of an event, such as abcdefghij-42.")
        }
        return position
    }

    /// Stands for a position that no log of ours gave; ten characters, drawn by no epoch since they are one word.
    private static let foreignEpoch = Epoch(validated: "unknownpos")

    static func flag(_ name: String, _ query: QueryString) throws(Problem) -> Bool {
        switch query[name] {
        case nil, "on": true
        case "off": false
        default: throw Problem(.invalidParameter, "\(name) is on or off.")
        }
    }
}
