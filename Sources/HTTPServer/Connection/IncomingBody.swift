import HTTPProtocol

/// The body being read: the last one of a connection's exchanges is its owner.
struct IncomingBody {
    /// Where the bytes go.
    enum Sink {
        /// Kept until complete; then the request is handed over.
        case buffered(Route, PathParameters, limit: Int)
        case consumer(any BodyConsumer, limit: Int)
        /// An incremental route has not said yet whether it wants the body.
        case undecided(limit: Int)
        /// Nobody wants it, but what follows is the next request.
        case discarded
    }

    /// How much of an unwanted body is read to keep the connection; more closes it.
    static let maximumDiscardedBytes = 65_536

    let exchange: Int
    var decoder: BodyDecoder
    var sink: Sink

    var isDiscarded: Bool {
        if case .discarded = sink { true } else { false }
    }
}
