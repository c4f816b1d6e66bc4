import Events
import Projections

/// One commit group while it is written: dedupes, judges, numbers and inserts, submission by submission.
///
/// It changes the database within an open transaction and its own working copies, nothing else: a rollback leaves
/// no trace in memory. Confined to the writer's thread.
final class GroupTransaction {
    /// How far ahead of the server a client's clock may be before its time is clamped, in milliseconds.
    static let maximumLead: Milliseconds = 5 * 60_000

    private let session: WriterSession
    private let registry: WorkspaceRegistry
    private let judge: any AppendJudge
    /// When the group is received: one time for all its events.
    private let now: Milliseconds
    /// How long an `Idempotency-Key` is remembered.
    private let keyRetention: Milliseconds
    /// Makes the ids; the writer takes it back for the next group.
    private(set) var random: BufferedRandom
    private var workspaces: [WorkspaceKey: WorkingWorkspace] = [:]
    /// Submissions and their results, in order.
    private var outcomes: [(Submission, AppendResult)] = []

    init(
        session: WriterSession, registry: WorkspaceRegistry, judge: any AppendJudge, now: Milliseconds,
        keyRetention: Milliseconds, random: BufferedRandom
    ) {
        self.session = session
        self.registry = registry
        self.judge = judge
        self.now = now
        self.keyRetention = keyRetention
        self.random = random
    }

    /// What a commit makes true; holds nothing of the connection.
    var result: WrittenGroup {
        WrittenGroup(
            workspaces: workspaces.values.filter { !$0.events.isEmpty }.sorted { $0.log.key < $1.log.key },
            outcomes: outcomes)
    }

    func add(_ submission: Submission) throws(SQLiteError) {
        let result: AppendResult =
            switch submission.kind {
            case .append(let key, let drafts, _):
                try append(drafts, to: key, by: submission.principal, isQuiet: submission.isQuiet)
            case .createWorkspace(let id, let slug, let timeZone, let name):
                try create(id, slug: slug ?? id, timeZone: timeZone, name: name, submission)
            }
        outcomes.append((submission, result))
    }

    /// The last step before the commit: the heads.
    func finish() throws(SQLiteError) {
        for working in workspaces.values where !working.events.isEmpty {
            try session.events.moveHead(of: working.log.key, to: working.head, at: now)
        }
    }

    // MARK: Appending

    private func append(
        _ drafts: [EventDraft], to key: WorkspaceKey, by principal: Principal, isQuiet: Bool
    ) throws(SQLiteError) -> AppendResult {
        guard let working = working(key) else { return .unknownWorkspace }
        var results: [ItemResult] = []
        results.reserveCapacity(drafts.count)
        for draft in drafts {
            results.append(try append(draft, to: working, by: principal, isQuiet: isQuiet))
        }
        return .items(results)
    }

    private func append(
        _ draft: EventDraft, to working: WorkingWorkspace, by principal: Principal, isQuiet: Bool
    ) throws(SQLiteError) -> ItemResult {
        let key = working.log.key
        if let earlier = try repetition(of: draft, by: principal, in: key) { return earlier }
        let named = draft.facts.message(eventID: draft.eventID) ?? draft.about
        let target = try named.map { message throws(SQLiteError) in
            try session.messages.record(message, in: key)
        }
        let record = target ?? nil
        if let denial = judge.denial(of: draft, by: principal, in: working.directory, target: record) {
            return .denied(denial)
        }
        if let denial = denialOfSlug(draft, by: principal, in: working) { return .denied(denial) }
        let (event, flags) = stamp(draft, in: working, target: record)
        try session.events.insert(event, flags: flags)
        try remember(draft, event, by: principal)
        try noteMessage(draft.facts, event, target: record)
        let wasKnown = event.channel.map { working.directory.isKnown($0) } ?? false
        working.add(CommittedEvent(event: event, facts: draft.facts, target: record), isQuiet: isQuiet)
        if draft.facts.concernsDirectory {
            try session.directory.store(draft.facts, event, working.directory, wasKnown: wasKnown)
        }
        let receipt = AppendReceipt(eventID: event.eventID, sequence: event.sequence, receivedAt: now)
        return .accepted(receipt, index: working.events.count - 1)
    }

    private func stamp(
        _ draft: EventDraft, in working: WorkingWorkspace, target: MessageRecord?
    ) -> (Event, flags: Int64) {
        let claimed = draft.occurredAt ?? now
        let isAhead = claimed > now + Self.maximumLead
        let eventID = draft.eventID ?? EventID.make(now: now, using: &random)
        let event = Event(
            workspace: working.log.key, eventID: eventID, sequence: working.head + 1, type: draft.type,
            user: draft.user, session: draft.session, channel: draft.channel ?? target?.channel,
            entity: draft.entity(eventID: eventID, workspace: working.log.id),
            occurredAt: isAhead ? now : claimed, receivedAt: now, data: draft.data)
        return (event, isAhead ? EventStatements.clampedFlag : 0)
    }

    /// Keeps `message_keys`: the first `message.sent` of an id makes the message, the first `message.deleted` ends it.
    private func noteMessage(_ facts: EventFacts, _ event: Event, target: MessageRecord?) throws(SQLiteError) {
        switch facts {
        case .messageSent:
            guard target == nil, let channel = event.channel, let message = facts.message(eventID: event.eventID)
            else { return }
            let record = MessageRecord(
                channel: channel, sequence: event.sequence, sender: event.user, occurredAt: event.occurredAt,
                isDeleted: false)
            try session.messages.insert(message, record, in: event.workspace)
        case .messageDeleted(let message):
            guard let target, !target.isDeleted else { return }
            try session.messages.markDeleted(message, in: event.workspace, at: event.sequence)
        case .messageEdited, .messageRead, .reaction, .present, .absent, .userUpdated, .orchestrator, .task,
            .workspace, .memberAdded, .memberRemoved, .channelCreated, .channelJoined, .channelLeft, .other:
            return
        }
    }

    // MARK: Idempotency

    /// The answer to a draft whose id or key was used before; nil for a new one.
    private func repetition(
        of draft: EventDraft, by principal: Principal, in workspace: WorkspaceKey
    ) throws(SQLiteError) -> ItemResult? {
        if let header = draft.idempotencyKey {
            let key = IdempotencyStatements.Key.header(principal.user, header)
            if let earlier = try repetition(of: draft, key, by: principal, in: workspace) { return earlier }
        }
        guard let eventID = draft.eventID else { return nil }
        return try repetition(of: draft, .event(eventID), by: principal, in: workspace)
    }

    private func repetition(
        of draft: EventDraft, _ key: IdempotencyStatements.Key, by principal: Principal, in workspace: WorkspaceKey
    ) throws(SQLiteError) -> ItemResult? {
        guard let row = try session.idempotency.row(key, in: workspace) else { return nil }
        if row.expires > 0 && row.expires <= now {
            try session.idempotency.delete(key, in: workspace)
            return nil
        }
        guard row.principal == principal.user, row.hash == draft.contentHash else { return .conflict }
        if let receipt = try session.events.receipt(workspace, row.sequence) { return .duplicate(receipt) }
        switch key {
        case .event(let eventID):
            // Pruned: the row says until when it lives, and so when the event came.
            let receivedAt = row.expires - IdempotencyStatements.minimumRetention
            return .duplicate(AppendReceipt(eventID: eventID, sequence: row.sequence, receivedAt: receivedAt))
        case .header:
            try session.idempotency.delete(key, in: workspace)
            return nil
        }
    }

    private func remember(_ draft: EventDraft, _ event: Event, by principal: Principal) throws(SQLiteError) {
        let row = IdempotencyStatements.Row(
            principal: principal.user, hash: draft.contentHash, sequence: event.sequence, expires: 0)
        try session.idempotency.insert(.event(event.eventID), in: event.workspace, row)
        guard let header = draft.idempotencyKey else { return }
        let headerRow = IdempotencyStatements.Row(
            principal: principal.user, hash: draft.contentHash, sequence: event.sequence,
            expires: now + keyRetention)
        try session.idempotency.insert(.header(principal.user, header), in: event.workspace, headerRow)
    }

    // MARK: Workspaces

    private func create(
        _ id: WorkspaceID, slug: WorkspaceID, timeZone: String, name: String?, _ submission: Submission
    ) throws(SQLiteError) -> AppendResult {
        if let other = workspace(named: id) {
            let isSame = other.log.id == id && other.directory.slug == slug
            return isSame ? .alreadyExists(other.log) : .nameTaken
        }
        guard workspace(named: slug) == nil else { return .nameTaken }
        let epoch = Epoch(using: &random)
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        let key = try session.directory.createWorkspace(
            id, slug: slug, timeZone: timeZone, name: name, epoch: epoch, at: now)
        let log = WorkspaceLog(
            key: key, epoch: epoch, head: 0, floor: 0,
            directory: WorkspaceDirectory(id: id, slug: slug, timeZone: timeZone, name: name))
        let working = WorkingWorkspace(log, isNew: true)
        workspaces[key] = working
        let event = Event(
            workspace: key, eventID: EventID.make(now: now, using: &random), sequence: 1,
            type: EventType(validated: "workspace.created"), user: submission.principal.user, session: nil,
            channel: nil, entity: Entity(type: "workspace", id: EntityID(validated: id.text)), occurredAt: now,
            receivedAt: now, data: WorkspaceCreation.data(slug: slug, timeZone: timeZone, name: name))
        let facts = EventFacts.workspace(slug: slug, timeZone: timeZone, name: name)
        let draft = EventDraft(type: event.type, user: event.user, data: event.data, facts: facts)
        try session.events.insert(event, flags: 0)
        try remember(draft, event, by: submission.principal)
        working.add(CommittedEvent(event: event, facts: facts, target: nil), isQuiet: submission.isQuiet)
        return .created(log)
    }

    /// A slug may not be another workspace's id or slug. Only the local operator changes one: tokens grant by name, and the
    /// admin of one workspace must not take the name that tokens of another, still to be created, bear.
    private func denialOfSlug(
        _ draft: EventDraft, by principal: Principal, in working: WorkingWorkspace
    ) -> AppendDenial? {
        guard case .workspace(let slug?, _, _) = draft.facts, slug != working.directory.slug else { return nil }
        if let other = workspace(named: slug), other.log.key != working.log.key {
            return .invalid(pointer: "/eventData/slug", detail: "another workspace is called so")
        }
        return principal.user.isReserved ? nil : .forbidden("Only the operator of the server may change a slug.")
    }

    private func working(_ key: WorkspaceKey) -> WorkingWorkspace? {
        if let known = workspaces[key] { return known }
        guard let log = registry[key] else { return nil }
        let working = WorkingWorkspace(log, isNew: false)
        workspaces[key] = working
        return working
    }

    /// By id or slug, as this transaction has left the names.
    private func workspace(named name: WorkspaceID) -> WorkingWorkspace? {
        if let touched = workspaces.values.first(where: { $0.log.id == name || $0.directory.slug == name }) {
            return touched
        }
        guard let log = registry.workspace(named: name), let working = working(log.key),
            working.log.id == name || working.directory.slug == name
        else { return nil }
        return working
    }
}

/// A group as its transaction left it.
struct WrittenGroup {
    /// Those that got events, ordered by key.
    let workspaces: [WorkingWorkspace]
    /// The submissions and their results, in order.
    let outcomes: [(Submission, AppendResult)]

    var eventCount: Int { workspaces.reduce(0) { $0 + $1.events.count } }

    /// Tells each submission its result.
    func answer() {
        for (submission, result) in outcomes { submission.completion(result) }
    }
}

@available(*, unavailable)
extension GroupTransaction: Sendable {}
