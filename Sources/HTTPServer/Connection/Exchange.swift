import HTTPProtocol
import Telemetry

/// One request whose answer has not been handed to the socket.
struct Exchange {
    /// What has come of it.
    enum State {
        /// Not answered.
        case waiting
        /// Answered while an earlier request was not: the bytes wait for their turn.
        case answered([[UInt8]])
    }

    /// nil when the head could not be read.
    let head: RequestHead?
    let requestID: String
    /// The place of the route among the metrics; the routes' count stands for "none".
    var metricsIndex: Int
    /// Whether the answer is the last one of the connection.
    var closes: Bool
    /// Whether the route may take the connection over, so that this request must come first and last.
    var mayStream = false
    /// The client waits for `100 Continue` and shall get it once it is this exchange's turn.
    var owesContinue = false
    var state = State.waiting

    var isWaiting: Bool {
        if case .waiting = state { true } else { false }
    }
}
