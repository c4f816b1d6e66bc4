import Events
import Persistence

/// Who alone may change a slug.
let localOperator = Principal(user: UserID(validated: "tideline:operator"), role: .admin)
let admin = Principal(user: UserID(validated: "admin"), role: .admin)

func user(_ text: String) -> UserID { UserID(validated: text) }

func member(_ text: String) -> Principal { Principal(user: user(text), role: .member) }

/// What an awaited append could not give.
struct UnexpectedResult: Error {
    let result: AppendResult?
}

extension EventLog {
    /// Submits and waits for the answer; nil when the queue refuses.
    func perform(
        _ kind: Submission.Kind, by principal: Principal = admin, isQuiet: Bool = false
    ) async -> AppendResult? {
        await withCheckedContinuation { continuation in
            let submission = Submission(kind, by: principal, isQuiet: isQuiet) { continuation.resume(returning: $0) }
            if !submit(submission) { continuation.resume(returning: nil) }
        }
    }

    func makeWorkspace(_ id: String = "acme", slug: String? = nil) async throws -> WorkspaceLog {
        let result = await perform(
            .createWorkspace(
                WorkspaceID(validated: id), slug: slug.map { WorkspaceID(validated: $0) }, timeZone: "UTC",
                name: nil))
        guard case .created(let workspace)? = result else { throw UnexpectedResult(result: result) }
        return workspace
    }

    func append(
        _ drafts: [EventDraft], to workspace: WorkspaceLog, by principal: Principal = admin, isQuiet: Bool = false
    ) async throws -> [ItemResult] {
        let result = await perform(
            .append(workspace.key, drafts, isBatch: drafts.count != 1), by: principal, isQuiet: isQuiet)
        guard case .items(let items)? = result else { throw UnexpectedResult(result: result) }
        return items
    }
}

extension ItemResult {
    var receipt: AppendReceipt? {
        switch self {
        case .accepted(let receipt, _), .duplicate(let receipt): receipt
        case .conflict, .denied: nil
        }
    }

    var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }
}

/// Drafts as the ingest makes them.
extension EventDraft {
    static func custom(_ id: String? = nil, by user: String = "admin", hash: UInt8 = 1, key: String? = nil)
        -> EventDraft
    {
        EventDraft(
            eventID: id.map { EventID(validated: $0) }, type: EventType(validated: "test.happened"),
            user: UserID(validated: user), data: Array("{\"n\":1}".utf8), facts: .other, idempotencyKey: key,
            contentHash: Array(repeating: hash, count: 16))
    }

    static func message(_ id: String?, in channel: String = "general", by user: String = "u-1") -> EventDraft {
        let named = id.map { "\"messageId\":\"\($0)\"," } ?? ""
        return EventDraft(
            type: EventType(validated: "message.sent"), user: UserID(validated: user),
            channel: ChannelID(validated: channel),
            data: Array("{\(named)\"channelId\":\"\(channel)\",\"length\":5}".utf8),
            facts: .messageSent(
                message: id.map { MessageID(validated: $0) }, type: .text, length: 5, mentions: []))
    }

    static func deletion(of id: String, by user: String = "u-1") -> EventDraft {
        EventDraft(
            type: EventType(validated: "message.deleted"), user: UserID(validated: user),
            data: Array("{\"messageId\":\"\(id)\"}".utf8), facts: .messageDeleted(message: MessageID(validated: id)))
    }

    static func reaction(to id: String, by user: String = "u-1") -> EventDraft {
        EventDraft(
            type: EventType(validated: "reaction.added"), user: UserID(validated: user),
            data: Array("{\"messageId\":\"\(id)\",\"emoji\":\"+1\"}".utf8),
            facts: .reaction(message: MessageID(validated: id)))
    }

    static func memberAdded(_ user: String, role: Role = .member) -> EventDraft {
        EventDraft(
            type: EventType(validated: "member.added"), user: admin.user,
            data: Array("{\"userId\":\"\(user)\",\"role\":\"\(role.rawValue)\"}".utf8),
            facts: .memberAdded(user: UserID(validated: user), role: role))
    }

    static func memberRemoved(_ user: String) -> EventDraft {
        EventDraft(
            type: EventType(validated: "member.removed"), user: admin.user,
            data: Array("{\"userId\":\"\(user)\"}".utf8), facts: .memberRemoved(user: UserID(validated: user)))
    }

    static func channel(_ id: String, isPrivate: Bool = false, by user: String = "u-1") -> EventDraft {
        EventDraft(
            type: EventType(validated: "conversation.created"), user: UserID(validated: user),
            channel: ChannelID(validated: id),
            data: Array("{\"channelId\":\"\(id)\",\"kind\":\"channel\",\"private\":\(isPrivate)}".utf8),
            facts: .channelCreated(kind: .channel, title: nil, isPrivate: isPrivate))
    }

    static func joining(_ channel: String, by user: String) -> EventDraft {
        EventDraft(
            type: EventType(validated: "conversation.joined"), user: UserID(validated: user),
            channel: ChannelID(validated: channel), data: Array("{\"channelId\":\"\(channel)\"}".utf8),
            facts: .channelJoined(user: nil))
    }

    static func leaving(_ channel: String, by user: String) -> EventDraft {
        EventDraft(
            type: EventType(validated: "conversation.left"), user: UserID(validated: user),
            channel: ChannelID(validated: channel), data: Array("{\"channelId\":\"\(channel)\"}".utf8),
            facts: .channelLeft(user: nil))
    }

    static func workspaceUpdate(slug: String) -> EventDraft {
        EventDraft(
            type: EventType(validated: "workspace.updated"), user: admin.user,
            data: Array("{\"slug\":\"\(slug)\"}".utf8),
            facts: .workspace(slug: WorkspaceID(validated: slug), timeZone: nil))
    }
}
