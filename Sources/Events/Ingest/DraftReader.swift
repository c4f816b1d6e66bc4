/// Reads the body of a posted event, or an item of a batch, into a draft.
///
/// Members: `eventType` (required), `eventData` (an object, `{}` when absent), `sessionId`, `eventId`, `userId`,
/// `occurredAt` (RFC 3339, or an integer of epoch milliseconds; years 1970–9999). `null` counts as absent, other members
/// are ignored. A member may name itself as `userId`, but no one else and no time.
///
///     let reader = DraftReader(hash: digest)
///     let draft = try reader.read(body, as: principal)
package struct DraftReader: Sendable {
    /// The longest preview, in Unicode scalars.
    package static let maximumPreviewScalars = 140
    /// Bytes of ``EventDraft/contentHash``.
    package static let contentHashBytes = 16

    private let limits: JSONLimits
    private let acceptsUnknownTypes: Bool
    private let hash: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameters:
    ///   - maximumEventBytes: of one body, white space included.
    ///   - hash: a cryptographic digest of at least 16 bytes; its first 16 become ``EventDraft/contentHash``.
    package init(
        maximumEventBytes: Int = 65_536, maximumDepth: Int = 32, acceptsUnknownTypes: Bool = true,
        hash: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        limits = JSONLimits(maximumBytes: maximumEventBytes, maximumDepth: maximumDepth)
        self.acceptsUnknownTypes = acceptsUnknownTypes
        self.hash = hash
    }

    package func read(_ body: [UInt8], as principal: Principal) throws(DraftError) -> EventDraft {
        let body = try scan(body)
        let type = try readType(body)
        let userGiven: UserID? = try identifier("userId", in: body)
        let occurredAt = try readTime(body, role: principal.role)
        if let userGiven, userGiven != principal.user, principal.role == .member {
            throw DraftError(.forbidden, at: "/userId", "may name another user only with the role ingest or admin")
        }
        let session: SessionID? = try identifier("sessionId", in: body)
        let eventID: EventID? = try identifier("eventId", in: body)
        let user = userGiven ?? principal.user

        let payload = try readPayload(body, type: type)
        let canonical = EventDraft.canonicalContent(
            type: type, data: payload.data, session: session, user: userGiven, occurredAt: occurredAt)
        let stored = Preview(of: type, payload)
        return EventDraft(
            eventID: eventID, type: type, user: user, session: session, channel: payload.reading.channel,
            entity: payload.reading.entity ?? Self.entity(of: type, user), occurredAt: occurredAt, data: stored.data,
            preview: stored.text, facts: payload.reading.facts, about: payload.about,
            contentHash: Array(hash(canonical).prefix(Self.contentHashBytes)))
    }

    // MARK: - Members

    private func scan(_ body: [UInt8]) throws(DraftError) -> JSONValue {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONDocument(scanning: body, limits: limits).root
        } catch {
            throw DraftError(error)
        }
        guard root.kind == .object else {
            let detail = "the body must be an object"
            throw DraftError(.invalidPayload, detail: detail, errors: [.init(pointer: "", detail: detail)])
        }
        return root
    }

    private func readType(_ body: JSONValue) throws(DraftError) -> EventType {
        guard let value = member("eventType", in: body) else {
            throw DraftError(.invalidType, at: "/eventType", "is required")
        }
        guard let type = value.string.flatMap(EventType.init) else {
            throw DraftError(
                .invalidType, at: "/eventType",
                "must be lower-case words joined by dots, at most 64 bytes, for instance message.sent")
        }
        guard acceptsUnknownTypes || Catalogue.isCatalogued(type) else {
            throw DraftError(.unknownType, at: "/eventType", "is not in the catalogue")
        }
        return type
    }

    private func readTime(_ body: JSONValue, role: Role) throws(DraftError) -> Milliseconds? {
        guard let value = member("occurredAt", in: body) else { return nil }
        guard role != .member else {
            throw DraftError(.forbidden, at: "/occurredAt", "may be set only with the role ingest or admin")
        }
        guard let time = value.string.map({ Timestamp.parse($0) }) ?? value.integer,
            Timestamp.clientRange.contains(time)
        else {
            throw DraftError(
                .invalidParameter, at: "/occurredAt",
                "must be an RFC 3339 time or an integer of epoch milliseconds, in the years 1970 to 9999")
        }
        return time
    }

    private func identifier<Kind>(_ name: String, in body: JSONValue) throws(DraftError) -> Identifier<Kind>? {
        guard let value = member(name, in: body) else { return nil }
        guard let identifier = Identifier<Kind>(value) else {
            throw DraftError(.invalidID, at: "/" + name, PayloadReader.identifierRule)
        }
        return identifier
    }

    private func member(_ name: String, in body: JSONValue) -> JSONValue? {
        guard let value = body[name], !value.isNull else { return nil }
        return value
    }

    private static func entity(of type: EventType, _ user: UserID) -> Entity? {
        guard CataloguedType(type)?.isAboutUser == true else { return nil }
        return Entity(type: "user", id: EntityID(validated: user.text))
    }
}

// MARK: - Payload

extension DraftReader {
    private struct Payload {
        let value: JSONValue?
        let data: [UInt8]
        let reading: Catalogue.Reading

        /// The message that the payload names, whatever its type; nil where it names none.
        var about: MessageID? {
            guard let value, let named = value["messageId"] ?? value["message_id"] else { return nil }
            return MessageID(named)
        }
    }

    private func readPayload(_ body: JSONValue, type: EventType) throws(DraftError) -> Payload {
        do throws(PayloadError) {
            if let value = member("eventData", in: body) {
                return Payload(
                    value: value, data: Array(value.rawBytes), reading: try Catalogue.read(type, data: value))
            }
            return Payload(value: nil, data: Array("{}".utf8), reading: try Self.readEmpty(type))
        } catch {
            throw DraftError(.invalidPayload, at: error.pointer, error.detail)
        }
    }

    private static func readEmpty(_ type: EventType) throws(PayloadError) -> Catalogue.Reading {
        guard let document = try? JSONDocument(scanning: Array("{}".utf8)) else {
            preconditionFailure("an empty object is no JSON")
        }
        return try Catalogue.read(type, data: document.root)
    }

    /// The stored form of a payload: without `preview`, which is kept for the mentioned only, and with
    /// `"hasPreview":true` as its last member where there was one. A `hasPreview` that the client sent is dropped.
    private struct Preview {
        let data: [UInt8]
        /// nil where there is none or it is empty.
        let text: String?

        init(of type: EventType, _ payload: Payload) {
            guard let object = payload.value, type.text == "message.sent" || type.text == "message.edited",
                object["preview"] != nil || object["hasPreview"] != nil
            else {
                data = payload.data
                text = nil
                return
            }
            let full = object["preview"]?.string ?? ""
            text = full.isEmpty ? nil : String(full.unicodeScalars.prefix(maximumPreviewScalars))
            data = Self.rewritten(object, hasPreview: !full.isEmpty)
        }

        private static func rewritten(_ object: JSONValue, hasPreview: Bool) -> [UInt8] {
            var bytes = [UInt8(ascii: "{")]
            for member in object.members where !["preview", "hasPreview"].contains(member.name) {
                if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: member.key.rawBytes)
                bytes.append(UInt8(ascii: ":"))
                bytes.append(contentsOf: member.value.rawBytes)
            }
            if hasPreview {
                if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(text: #""hasPreview":true"#)
            }
            bytes.append(UInt8(ascii: "}"))
            return bytes
        }
    }
}

extension EventDraft {
    /// The bytes that say whether two requests under one idempotency key are the same: the compact bytes of type, data (as
    /// sent, `preview` included) and session, and user and time where the client gave them.
    ///
    /// The parts are joined by NUL, which none of them can hold, so different parts never make the same bytes.
    package static func canonicalContent(
        type: EventType, data: [UInt8], session: SessionID?, user: UserID?, occurredAt: Milliseconds?
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 160)
        bytes.append(text: type.text)
        bytes.append(0)
        bytes.append(contentsOf: data)
        bytes.append(0)
        bytes.append(text: session?.text ?? "")
        bytes.append(0)
        bytes.append(text: user?.text ?? "")
        bytes.append(0)
        if let occurredAt { bytes.append(decimal: occurredAt) }
        return bytes
    }
}
