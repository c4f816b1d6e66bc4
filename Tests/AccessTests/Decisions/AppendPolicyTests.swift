import Access
import Events
import Testing

/// Walks every catalogued type through every role and place.
struct AppendPolicyTests {
    /// A workspace: `open` was never created; `mine`, `other` are public; `secret` is private and foreign; `club` is
    /// private and ada belongs to it.
    private struct Directory: DirectoryView {
        func isPrivate(_ channel: ChannelID) -> Bool { ["secret", "club"].contains(channel.text) }
        func isKnown(_ channel: ChannelID) -> Bool { ["mine", "other", "secret", "club"].contains(channel.text) }
        func isMember(_ user: UserID, of channel: ChannelID) -> Bool {
            user.text == "ada" ? ["mine", "club"].contains(channel.text) : user.text == "bob"
        }
    }

    /// Where the draft goes, or where the message it is about lives.
    enum Place: String, CaseIterable, Sendable { case open, mine, other, secret, club }

    enum Verdict: Equatable, Sendable { case allowed, forbidden, notFound, invalid }

    private static let ada = UserID(validated: "ada")
    private static let bob = UserID(validated: "bob")
    private static let message = MessageID(validated: "m1")

    private func draft(
        _ type: String, facts: EventFacts = .other, in place: Place?, by user: UserID = ada, entity: Entity? = nil
    ) -> EventDraft {
        EventDraft(
            type: EventType(validated: type), user: user, channel: place.map { ChannelID(validated: $0.rawValue) },
            entity: entity, data: Array("{}".utf8), facts: facts)
    }

    private func record(_ place: Place, sender: UserID = ada, isDeleted: Bool = false) -> MessageRecord {
        MessageRecord(
            channel: ChannelID(validated: place.rawValue), sequence: 1, sender: sender, occurredAt: 0,
            isDeleted: isDeleted)
    }

    private func verdict(_ draft: EventDraft, as role: Role, target: MessageRecord? = nil) -> Verdict {
        let denial = AppendPolicy().denial(
            of: draft, by: Principal(user: Self.ada, role: role), in: Directory(), target: target)
        return switch denial {
        case nil: .allowed
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .invalid: .invalid
        }
    }

    // MARK: The table

    /// A type of the catalogue with facts that fit it, and what a member gets in each place: open, mine, other,
    /// secret, club.
    struct Row: Sendable, CustomTestStringConvertible {
        let type: String
        var facts = EventFacts.other
        /// Whether it is about a message, which then is ada's own and lives in the place.
        var hasTarget = false
        let member: [Verdict]
        var ingest = Verdict.allowed

        var testDescription: String { type }
    }

    private static let inOwnChannels: [Verdict] = [.allowed, .allowed, .forbidden, .notFound, .allowed]
    private static let whereVisible: [Verdict] = [.allowed, .allowed, .allowed, .notFound, .allowed]
    private static let known: [Verdict] = [.notFound, .allowed, .allowed, .notFound, .allowed]
    private static let nowhere: [Verdict] = [.forbidden, .forbidden, .forbidden, .notFound, .forbidden]

    static let rows: [Row] = [
        Row(
            type: "message.sent", facts: .messageSent(message: nil, type: .text, length: 0, mentions: []),
            member: inOwnChannels),
        Row(
            type: "message.edited", facts: .messageEdited(message: message, length: 1, mentions: []), hasTarget: true,
            member: inOwnChannels),
        Row(type: "message.deleted", facts: .messageDeleted(message: message), hasTarget: true, member: inOwnChannels),
        Row(type: "message.read", facts: .messageRead(lastRead: message), hasTarget: true, member: inOwnChannels),
        Row(type: "reaction.added", facts: .reaction(message: message), hasTarget: true, member: inOwnChannels),
        Row(type: "reaction.removed", facts: .reaction(message: message), hasTarget: true, member: inOwnChannels),
        Row(type: "file.uploaded", member: inOwnChannels),
        Row(type: "comment.added", member: inOwnChannels),
        Row(type: "user.online", facts: .present(device: ""), member: whereVisible),
        Row(type: "user.offline", facts: .absent(device: ""), member: whereVisible),
        Row(type: "user.active", facts: .present(device: ""), member: whereVisible),
        Row(type: "user.action", facts: .present(device: ""), member: whereVisible),
        Row(type: "user.updated", facts: .userUpdated(username: nil, displayName: nil), member: whereVisible),
        Row(type: "user.status_changed", member: whereVisible),
        Row(type: "task.created", facts: .task(id: .init(validated: "t"), status: nil), member: whereVisible),
        Row(type: "task.updated", facts: .task(id: .init(validated: "t"), status: nil), member: whereVisible),
        Row(type: "task.assigned", facts: .task(id: .init(validated: "t"), status: nil), member: whereVisible),
        Row(type: "task.completed", facts: .task(id: .init(validated: "t"), status: nil), member: whereVisible),
        Row(type: "conversation.joined", facts: .channelJoined(user: nil), member: known),
        Row(type: "conversation.left", facts: .channelLeft(user: nil), member: known),
        Row(
            type: "conversation.created", facts: .channelCreated(kind: .channel, title: nil, isPrivate: false),
            member: nowhere),
        Row(
            type: "workspace.created", facts: .workspace(slug: nil, timeZone: nil), member: nowhere,
            ingest: .forbidden),
        Row(
            type: "workspace.updated", facts: .workspace(slug: nil, timeZone: nil), member: nowhere,
            ingest: .forbidden),
        Row(type: "member.added", facts: .memberAdded(user: ada, role: .admin), member: nowhere, ingest: .forbidden),
        Row(type: "member.removed", facts: .memberRemoved(user: ada), member: nowhere, ingest: .forbidden),
        Row(type: "orchestrator.started", facts: .orchestrator(id: .init(validated: "o"), .started), member: nowhere),
        Row(
            type: "orchestrator.heartbeat", facts: .orchestrator(id: .init(validated: "o"), .heartbeat), member: nowhere
        ),
        Row(type: "orchestrator.stopped", facts: .orchestrator(id: .init(validated: "o"), .stopped), member: nowhere),
        Row(type: "mention.created", member: nowhere),
        Row(type: "screenshot.captured", member: nowhere),
        Row(type: "ocr.completed", member: nowhere),
        Row(type: "integration.updated", member: nowhere),
        Row(type: "fast.start", member: nowhere),
        Row(type: "fast.join", member: nowhere),
        Row(type: "fast.leave", member: nowhere),
        Row(type: "devotional.available", member: nowhere),
        Row(type: "milestone.reached", member: nowhere),
        Row(type: "reminder.fast", member: nowhere),
        Row(type: "reminder.devotional", member: nowhere),
        Row(type: "custom.thing", member: whereVisible),
        Row(type: "workspacelike.thing", member: whereVisible),
        Row(type: "workspace.custom", member: nowhere, ingest: .forbidden),
        Row(type: "member.custom", member: nowhere, ingest: .forbidden),
        Row(type: "message.pinned", member: inOwnChannels),
        Row(type: "comment.resolved", member: inOwnChannels),
        Row(type: "user.typing", member: whereVisible),
        Row(type: "task.archived", member: whereVisible),
    ]

    @Test(arguments: rows)
    func `every type meets its rule in every place and role`(row: Row) {
        for (place, expected) in zip(Place.allCases, row.member) {
            let target = row.hasTarget ? record(place) : nil
            let draft = draft(row.type, facts: row.facts, in: place)

            #expect(verdict(draft, as: .member, target: target) == expected, "\(place)")
            #expect(verdict(draft, as: .ingest, target: target) == row.ingest, "\(place)")
            #expect(verdict(draft, as: .admin, target: target) == .allowed, "\(place)")
        }
    }

    @Test(arguments: rows)
    func `a member never speaks for another`(row: Row) {
        let draft = draft(row.type, facts: row.facts, in: .mine, by: Self.bob)
        let target = row.hasTarget ? record(.mine) : nil

        #expect(verdict(draft, as: .member, target: target) == .forbidden)
        #expect(verdict(draft, as: .ingest, target: target) == row.ingest)
        #expect(verdict(draft, as: .admin, target: target) == .allowed)
    }

    @Test func `the walk names the types of the catalogue`() {
        let walked = Self.rows.map(\.type)

        #expect(Set(walked).count == walked.count)
        #expect(walked.filter { Catalogue.isCatalogued(EventType(validated: $0)) }.count == 39)
    }

    // MARK: Messages

    private static let aboutMessages: [Row] = rows.filter(\.hasTarget)

    @Test(arguments: aboutMessages)
    func `without a channel in the payload the message's own decides`(row: Row) {
        for (place, expected) in zip(Place.allCases, row.member) {
            #expect(
                verdict(draft(row.type, facts: row.facts, in: nil), as: .member, target: record(place)) == expected,
                "\(place)")
        }
    }

    @Test(arguments: aboutMessages)
    func `an unknown message and an invisible one get the same answer`(row: Row) {
        let draft = draft(row.type, facts: row.facts, in: nil)
        let member = Principal(user: Self.ada, role: .member)

        let unknown = AppendPolicy().denial(of: draft, by: member, in: Directory(), target: nil)
        let invisible = AppendPolicy().denial(of: draft, by: member, in: Directory(), target: record(.secret))
        let foreign = AppendPolicy().denial(
            of: draft, by: member, in: Directory(), target: record(.secret, sender: Self.bob))

        #expect(unknown == .notFound("There is no such message."))
        #expect(invisible == unknown)
        #expect(foreign == unknown)
    }

    @Test(arguments: ["message.edited", "message.deleted"])
    func `only one's own message is changed`(type: String) throws {
        let row = try #require(Self.rows.first { $0.type == type })
        let draft = draft(type, facts: row.facts, in: nil)
        let foreign = record(.mine, sender: Self.bob)

        #expect(verdict(draft, as: .member, target: foreign) == .forbidden)
        #expect(verdict(draft, as: .ingest, target: foreign) == .allowed)
        #expect(verdict(draft, as: .admin, target: foreign) == .allowed)
    }

    @Test func `anyone in the channel may react to and read another's message`() {
        let foreign = record(.mine, sender: Self.bob)

        #expect(
            verdict(
                draft("reaction.added", facts: .reaction(message: Self.message), in: nil), as: .member, target: foreign)
                == .allowed)
        #expect(
            verdict(
                draft("message.read", facts: .messageRead(lastRead: Self.message), in: .mine), as: .member,
                target: foreign) == .allowed)
    }

    @Test(arguments: aboutMessages)
    func `a deleted message is gone, but one may have read it`(row: Row) {
        let draft = draft(row.type, facts: row.facts, in: .mine)

        let found = verdict(draft, as: .member, target: record(.mine, isDeleted: true))

        #expect(found == (row.type == "message.read" ? .allowed : .notFound))
    }

    @Test(arguments: aboutMessages)
    func `a channel that is not the message's is invalid for every role`(row: Row) {
        let draft = draft(row.type, facts: row.facts, in: .mine)

        for role in Role.allCases { #expect(verdict(draft, as: role, target: record(.club)) == .invalid) }
        // What the member may not see stays unsaid.
        #expect(verdict(draft, as: .member, target: record(.secret)) == .notFound)
    }

    @Test func `a message whose id is taken elsewhere is a message of its own channel`() {
        let sent = EventFacts.messageSent(message: Self.message, type: .text, length: 0, mentions: [])

        #expect(
            verdict(draft("message.sent", facts: sent, in: .mine), as: .member, target: record(.secret)) == .allowed)
    }

    @Test func `a message without a channel is invalid`() {
        let sent = EventFacts.messageSent(message: nil, type: .text, length: 0, mentions: [])

        #expect(verdict(draft("message.sent", facts: sent, in: nil), as: .member) == .invalid)
    }

    @Test func `in an open channel the messages may be unknown too`() {
        let read = EventFacts.messageRead(lastRead: Self.message)

        #expect(verdict(draft("message.read", facts: read, in: .open), as: .member) == .allowed)
        #expect(verdict(draft("message.read", facts: read, in: .mine), as: .member) == .notFound)
    }

    // MARK: Channels and users

    @Test(arguments: ["comment.added", "file.uploaded"])
    func `what names no channel belongs to the workspace`(type: String) {
        #expect(verdict(draft(type, in: nil), as: .member) == .allowed)
    }

    @Test(arguments: ["conversation.joined", "conversation.left"])
    func `a member brings in and takes out nobody else`(type: String) {
        let facts = { (user: UserID?) in
            type == "conversation.joined" ? EventFacts.channelJoined(user: user) : .channelLeft(user: user)
        }

        #expect(verdict(draft(type, facts: facts(Self.ada), in: .other), as: .member) == .allowed)
        #expect(verdict(draft(type, facts: facts(Self.bob), in: .other), as: .member) == .forbidden)
        #expect(verdict(draft(type, facts: facts(Self.bob), in: .other), as: .ingest) == .allowed)
        #expect(verdict(draft(type, facts: facts(nil), in: nil), as: .member) == .notFound)
    }

    @Test(arguments: Self.rows.filter { $0.type.hasPrefix("conversation.j") || $0.type == "message.sent" })
    func `a private channel looks like one that is not there`(row: Row) {
        let member = Principal(user: Self.ada, role: .member)

        let denial = AppendPolicy().denial(
            of: draft(row.type, facts: row.facts, in: .secret), by: member, in: Directory(), target: nil)

        #expect(denial == .notFound("There is no such channel."))
    }

    @Test func `a member speaks of no other user`() {
        let other = Entity(type: "user", id: EntityID(validated: "bob"))
        let own = Entity(type: "user", id: EntityID(validated: "ada"))

        #expect(verdict(draft("user.updated", in: nil, entity: other), as: .member) == .forbidden)
        #expect(verdict(draft("user.updated", in: nil, entity: own), as: .member) == .allowed)
        #expect(verdict(draft("user.updated", in: nil, entity: other), as: .ingest) == .allowed)
    }
}
