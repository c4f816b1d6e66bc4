import Synchronization

#if canImport(FoundationNetworking)
import Foundation
public import FoundationNetworking
#else
public import Foundation
#endif

/// Carries requests by one `URLSession` of its own, without cache, cookies or stored credentials.
///
/// Idle and total time limits are left to the client, which knows heartbeats. The session ends with the last reference to
/// the transport.
///
/// On Linux, FoundationNetworking ends the whole process (`Transfer completed, but there's no response`) when a server closes
/// a connection in the middle of an answer's head. Only another transport keeps out of that.
public final class URLSessionTransport: StreamTransport {
    private let session: URLSession
    private let delegate = Delegate()

    /// - Parameter configuration: for proxies, TLS and the like; what streams depend on is set in a copy of it.
    ///   `URLSessionConfiguration.ephemeral` by default.
    public init(_ configuration: URLSessionConfiguration = .ephemeral) {
        // The copy of a configuration is one.
        let own = configuration.copy() as? URLSessionConfiguration ?? .ephemeral
        own.urlCache = nil
        own.requestCachePolicy = .reloadIgnoringLocalCacheData
        own.httpCookieStorage = nil
        own.httpShouldSetCookies = false
        own.urlCredentialStorage = nil
        own.timeoutIntervalForRequest = Self.never
        own.timeoutIntervalForResource = Self.never
        // Streams occupy connections; the usual six would leave none for requests.
        own.httpMaximumConnectionsPerHost = 1_000
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        session = URLSession(configuration: own, delegate: delegate, delegateQueue: queue)
    }

    deinit { session.finishTasksAndInvalidate() }

    /// A year, which every implementation can count in milliseconds.
    private static let never = 365 * 86_400.0

    /// Begins a request; it reports on the session's own queue.
    public func start(
        _ request: TransportRequest, receive: @escaping @Sendable (TransportEvent) -> Void
    ) -> any TransportTransfer {
        var own = URLRequest(url: request.url)
        own.httpMethod = request.method
        own.timeoutInterval = Self.never
        for (name, value) in request.headers { own.setValue(value, forHTTPHeaderField: name) }
        own.httpBody = request.body.map { Data($0) }
        let task = session.dataTask(with: own)
        delegate.add(task, receive)
        task.resume()
        return Transfer(task: task)
    }

    private struct Transfer: TransportTransfer {
        let task: URLSessionDataTask

        func cancel() { task.cancel() }
    }
}

/// Hands what the session reports to whom it concerns.
private final class Delegate: NSObject, URLSessionDataDelegate {
    private let receivers = Mutex<[Int: @Sendable (TransportEvent) -> Void]>([:])

    func add(_ task: URLSessionTask, _ receive: @escaping @Sendable (TransportEvent) -> Void) {
        receivers.withLock { $0[task.taskIdentifier] = receive }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        // On Linux interim answers (1xx) come too.
        if let response = response as? HTTPURLResponse, response.statusCode >= 200 {
            var headers: [String: String] = [:]
            for (name, value) in response.allHeaderFields { headers["\(name)"] = "\(value)" }
            receiver(dataTask)?(.response(TransportHead(status: response.statusCode, headers: headers)))
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        if !data.isEmpty { receiver(dataTask)?(.bytes(Array(data))) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        receivers.withLock { $0.removeValue(forKey: task.taskIdentifier) }?(.ended(error))
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        guard let source = task.currentRequest, let from = source.url, let to = request.url,
            let headers = RedirectRule.request(
                method: source.httpMethod ?? "GET", from: from, to: to, status: response.statusCode,
                headers: source.allHTTPHeaderFields ?? [:])
        else { return completionHandler(nil) }
        var next = request
        // Field by field: assigning all at once need not remove those that are there.
        for name in (request.allHTTPHeaderFields ?? [:]).keys { next.setValue(nil, forHTTPHeaderField: name) }
        for (name, value) in headers { next.setValue(value, forHTTPHeaderField: name) }
        next.timeoutInterval = source.timeoutInterval
        completionHandler(next)
    }

    private func receiver(_ task: URLSessionTask) -> (@Sendable (TransportEvent) -> Void)? {
        receivers.withLock { $0[task.taskIdentifier] }
    }
}
