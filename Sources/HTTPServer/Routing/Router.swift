package import HTTPProtocol

/// Finds the route of a request: a tree of segments in which literals win over named segments.
///
/// A trailing slash makes no difference. HEAD is answered by the route of GET. Built once, then read by all loops.
package struct Router: Sendable {
    package enum Match: Sendable {
        case route(Route, PathParameters)
        /// OPTIONS on a path whose routes have none: `allow` is what they have.
        case options(allow: [Method])
        case fault(HTTPFault)
    }

    /// One place in the tree; children are named by their index.
    private struct Node: Sendable {
        var literals: [(segment: [UInt8], child: Int)] = []
        var named: Int?
        /// The routes that end here, one for each method.
        var routes: [Int] = []
    }

    /// All routes in the order they were added, the fallback last.
    package private(set) var routes: [Route] = []
    private var nodes = [Node()]
    private var fallback: Int?

    package init() {}

    /// Adds a route. Two routes of one method on one pattern are a mistake in our source, and stop the program.
    package mutating func add(_ route: Route) {
        let segments = route.pattern.split(separator: "/", omittingEmptySubsequences: true)
        precondition(route.pattern.hasPrefix("/"), "a pattern begins with a slash: \(route.pattern)")
        var node = 0
        for segment in segments {
            node = segment.hasPrefix(":") ? namedChild(of: node) : literalChild(of: node, Array(segment.utf8))
        }
        precondition(
            !nodes[node].routes.contains { routes[$0].method == route.method },
            "two routes for \(route.method.text) \(route.pattern)")
        nodes[node].routes.append(append(route))
    }

    /// The route of paths that no pattern matches, whatever the method: static files.
    package mutating func setFallback(_ route: Route) {
        precondition(fallback == nil, "there is one fallback")
        fallback = append(route)
    }

    /// Finds the route of `head`.
    /// - Parameter isLocalControl: whether it came by the control socket.
    package func match(_ head: RequestHead, isLocalControl: Bool = false) -> Match {
        guard head.method != .other else { return .fault(.notImplemented) }
        if head.method == .options, head.path.elementsEqual([UInt8(ascii: "*")]) {
            return .options(allow: [.get, .head, .post, .put, .patch, .delete, .options])
        }
        guard let path = RequestPath(head.path) else { return unmatched() }
        var captured: [ArraySlice<UInt8>] = []
        guard let node = find(path.segments[...], from: 0, &captured) else { return unmatched() }
        let candidates = nodes[node].routes
        if !isLocalControl, candidates.contains(where: { routes[$0].isLocalOnly }) { return unmatched() }
        guard let index = route(for: head.method, among: candidates) else {
            let allow = allowed(candidates)
            return head.method == .options
                ? .options(allow: allow) : .fault(.methodNotAllowed(allow: allow))
        }
        guard let parameters = parameters(of: routes[index], captured) else { return .fault(.malformedTarget) }
        return .route(routes[index], parameters)
    }

    private func unmatched() -> Match {
        guard let fallback else { return .fault(.notFound) }
        return .route(routes[fallback], .none)
    }

    /// Depth first, literals first; a path is as deep as its segments, and each node has at most two ways on.
    private func find(
        _ segments: ArraySlice<ArraySlice<UInt8>>, from node: Int, _ captured: inout [ArraySlice<UInt8>]
    ) -> Int? {
        guard let segment = segments.first else { return nodes[node].routes.isEmpty ? nil : node }
        if let child = literalChild(of: node, matching: segment),
            let found = find(segments.dropFirst(), from: child, &captured)
        {
            return found
        }
        guard let child = nodes[node].named else { return nil }
        captured.append(segment)
        if let found = find(segments.dropFirst(), from: child, &captured) { return found }
        captured.removeLast()
        return nil
    }

    private func literalChild(of node: Int, matching segment: ArraySlice<UInt8>) -> Int? {
        guard segment.contains(UInt8(ascii: "%")) else {
            return nodes[node].literals.first { $0.segment.elementsEqual(segment) }?.child
        }
        guard let decoded = PercentCoding.decode(segment) else { return nil }
        return nodes[node].literals.first { $0.segment.elementsEqual(decoded.utf8) }?.child
    }

    private func route(for method: Method, among candidates: [Int]) -> Int? {
        for index in candidates where routes[index].method == method { return index }
        guard method == .head else { return nil }
        for index in candidates where routes[index].method == .get { return index }
        return nil
    }

    private func allowed(_ candidates: [Int]) -> [Method] {
        var methods = Set(candidates.map { routes[$0].method })
        if methods.contains(.get) { methods.insert(.head) }
        methods.insert(.options)
        return Method.allCases.filter(methods.contains)
    }

    private func parameters(of route: Route, _ captured: [ArraySlice<UInt8>]) -> PathParameters? {
        guard !captured.isEmpty else { return PathParameters.none }
        var values: [(name: String, value: String)] = []
        let names = route.pattern.split(separator: "/").filter { $0.hasPrefix(":") }
        for (name, segment) in zip(names, captured) {
            guard let value = PercentCoding.decode(segment) else { return nil }
            values.append((String(name.dropFirst()), value))
        }
        return PathParameters(values)
    }

    private mutating func append(_ route: Route) -> Int {
        var route = route
        route.index = routes.count
        routes.append(route)
        return route.index
    }

    private mutating func namedChild(of node: Int) -> Int {
        if let child = nodes[node].named { return child }
        nodes.append(Node())
        nodes[node].named = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func literalChild(of node: Int, _ segment: [UInt8]) -> Int {
        if let known = nodes[node].literals.first(where: { $0.segment == segment }) { return known.child }
        nodes.append(Node())
        nodes[node].literals.append((segment, nodes.count - 1))
        return nodes.count - 1
    }
}
