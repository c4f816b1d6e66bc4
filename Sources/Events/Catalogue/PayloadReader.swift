/// What is wrong with a payload, and where.
package struct PayloadError: Error, Sendable, Equatable {
    /// A JSON pointer (RFC 6901) into the posted body, for instance `/eventData/channelId`.
    package let pointer: String
    package let detail: String

    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// Reads the members of an `eventData` object, each checked for its kind.
///
/// A member that is `null` counts as absent. A camelCase name may also be spelt in snake_case (`messageId`,
/// `message_id`), since the APIs that feed events use both; where both are there the camelCase one wins.
struct PayloadReader {
    let object: JSONValue

    init(_ object: JSONValue) throws(PayloadError) {
        guard object.kind == .object else {
            throw PayloadError(pointer: "/eventData", detail: "must be an object")
        }
        self.object = object
    }

    func member(_ name: String, or alias: String? = nil) -> JSONValue? {
        if let value = object[name], !value.isNull { return value }
        guard let alias, let value = object[alias], !value.isNull else { return nil }
        return value
    }

    func identifier<Kind>(_ name: String, or alias: String? = nil) throws(PayloadError) -> Identifier<Kind>? {
        guard let value = member(name, or: alias) else { return nil }
        guard let identifier = Identifier<Kind>(value) else { throw Self.error(name, Self.identifierRule) }
        return identifier
    }

    func requiredIdentifier<Kind>(_ name: String, or alias: String? = nil) throws(PayloadError) -> Identifier<Kind> {
        guard let identifier: Identifier<Kind> = try identifier(name, or: alias) else {
            throw Self.error(name, "is required")
        }
        return identifier
    }

    func string(_ name: String, or alias: String? = nil, maximumScalars: Int = 1_024) throws(PayloadError) -> String? {
        guard let value = member(name, or: alias) else { return nil }
        guard let text = value.string, text.unicodeScalars.count <= maximumScalars else {
            throw Self.error(name, "must be a string of at most \(maximumScalars) characters")
        }
        return text
    }

    func requiredString(_ name: String, or alias: String? = nil) throws(PayloadError) -> String {
        guard let text = try string(name, or: alias), !text.isEmpty else { throw Self.error(name, "is required") }
        return text
    }

    /// A length or a size: 0 up to 2^53, beyond which JSON numbers lose digits elsewhere.
    func count(
        _ name: String, or alias: String? = nil, maximum: Int64 = 1 << 53
    ) throws(PayloadError) -> Int? {
        guard let value = member(name, or: alias) else { return nil }
        guard let number = value.integer, number >= 0, number <= maximum else {
            throw Self.error(name, "must be an integer from 0 to \(maximum)")
        }
        return Int(number)
    }

    func flag(_ name: String) throws(PayloadError) -> Bool? {
        guard let value = member(name) else { return nil }
        guard let flag = value.bool else { throw Self.error(name, "must be true or false") }
        return flag
    }

    /// A list of users, each once, in the order of their first appearance.
    func users(_ name: String) throws(PayloadError) -> [UserID]? {
        guard let value = member(name) else { return nil }
        guard value.kind == .array else { throw Self.error(name, "must be an array of ids") }
        var users: [UserID] = []
        var seen: Set<UserID> = []
        for (index, element) in value.elements.enumerated() {
            guard let user = UserID(element) else { throw Self.error("\(name)/\(index)", Self.identifierRule) }
            if seen.insert(user).inserted { users.append(user) }
        }
        return users
    }

    /// One of the cases of `Choice`; nil where the member is absent.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, or alias: String? = nil, of: Choice.Type
    ) throws(PayloadError) -> Choice? {
        guard let value = member(name, or: alias) else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            throw Self.error(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    static let identifierRule = "must be an id: 1 to 64 of A-Z a-z 0-9 . _ : - as a string, or an integer"

    static func error(_ name: String, _ detail: String) -> PayloadError {
        PayloadError(pointer: "/eventData/" + name, detail: detail)
    }
}

extension Identifier {
    /// An id as clients write it: a JSON string, or an integer, whose digits become the id.
    package init?(_ value: JSONValue) {
        switch value.kind {
        case .string:
            guard let text = value.string else { return nil }
            self.init(text)
        case .number where value.isIntegerLiteral:
            self.init(bytes: value.rawBytes)
        case .number, .object, .array, .true, .false, .null:
            return nil
        }
    }
}
