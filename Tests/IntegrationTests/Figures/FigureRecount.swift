import Foundation

/// The live figures counted again from the `events` table alone, by the definitions and without any code of the server.
///
/// What a payload says is read by SQLite's JSON functions, which message is live is found out from `message.sent` and
/// `message.deleted` (the table `message_keys` is not trusted), and where a local day begins is asked of `Calendar`.
struct FigureRecount {
    /// The settings' defaults.
    static let day: Int64 = 86_400_000
    static let minute: Int64 = 60_000

    private let database: LogDatabase
    private let workspace: Int64

    /// - Parameter workspace: its slug or id.
    init(_ data: TemporaryDirectory, workspace: String) throws {
        database = try LogDatabase(data)
        let rows = try database.rows("SELECT ws, slug, id FROM workspaces")
        guard let row = rows.first(where: { $0[1].text == workspace || $0[2].text == workspace }),
            let key = row[0].integer
        else { throw WaitError(description: "no workspace \(workspace) in \(rows)") }
        self.workspace = key
    }

    /// The seq of the last event.
    func head() throws -> Int64 {
        try database.rows("SELECT max(seq) FROM events WHERE ws = ?1", [workspace])[0][0].integer ?? 0
    }

    /// The figures at the seq and the moment of a snapshot.
    func figures(at snapshot: Snapshot) throws -> Figures { try figures(asOf: snapshot.asOf, now: snapshot.timestamp) }

    /// The figures of the log up to `asOf` at `now`, with no stream open.
    func figures(asOf: Int64, now: Int64) throws -> Figures {
        let today = try localDay(asOf: asOf, now: now)
        let hour = (now / Self.minute - 59) * Self.minute
        let parameters = [workspace, asOf, now, today.lowerBound, today.upperBound, hour]
        let row = try database.rows(Self.log + Self.counts, parameters)[0]
        var counts: [String: Int64] = [:]
        for (name, value) in zip(Figures.names, row) { counts[name] = value.integer }
        var eventCounts: [String: Int64] = [:]
        for row in try database.rows(Self.log + Self.types, parameters) {
            if let type = row[0].text, let count = row[1].integer { eventCounts[type] = count }
        }
        return Figures(counts: counts, eventCounts: eventCounts)
    }

    /// The workspace's day that holds `now`, in the zone that the log names last.
    private func localDay(asOf: Int64, now: Int64) throws -> Range<Int64> {
        let rows = try database.rows(
            """
            SELECT data ->> 'tz' FROM events WHERE ws = ?1 AND seq <= ?2 AND data ->> 'tz' IS NOT NULL
            AND type IN ('workspace.created', 'workspace.updated') ORDER BY seq DESC LIMIT 1
            """, [workspace, asOf])
        guard let name = rows.first?[0].text, let zone = TimeZone(identifier: name) else {
            throw WaitError(description: "no time zone in \(rows)")
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let moment = Date(timeIntervalSince1970: Double(now) / 1_000)
        guard let day = calendar.dateInterval(of: .day, for: moment) else {
            throw WaitError(description: "no day around \(now)")
        }
        return Int64(day.start.timeIntervalSince1970 * 1_000)..<Int64(day.end.timeIntervalSince1970 * 1_000)
    }

    // MARK: SQL. ?1 workspace, ?2 asOf, ?3 now, ?4 and ?5 the local day, ?6 the start of the last 60 minutes

    /// `log`: the events that count, whenever they happen. `past`: those that have happened. `live`: the messages that were
    /// sent (the first of each id) and not deleted later in the log.
    private static let log = """
        WITH log AS MATERIALIZED (
            SELECT seq, type, user, session, occurred_at AS at, user GLOB 'tideline:*' AS is_server,
                CAST(coalesce(data ->> 'messageId', data ->> 'message_id', event_id) AS TEXT) AS message,
                CAST(coalesce(data ->> 'channelId', data ->> 'channel_id', data ->> 'conversationId',
                    data ->> 'conversation_id') AS TEXT) AS channel,
                CAST(coalesce(data ->> 'deviceId', data ->> 'device_id', '') AS TEXT) AS device,
                CAST(coalesce(data ->> 'orchestratorId', data ->> 'orchestrator_id') AS TEXT) AS orchestrator,
                CAST(coalesce(data ->> 'taskId', data ->> 'task_id') AS TEXT) AS task,
                data ->> 'status' AS status
            FROM events WHERE ws = ?1 AND seq <= ?2),
        past AS (SELECT * FROM log WHERE at <= ?3),
        sent AS (SELECT message, min(seq) AS seq, at, channel FROM log WHERE type = 'message.sent' GROUP BY message),
        gone AS (SELECT message, max(seq) AS seq FROM log WHERE type = 'message.deleted' GROUP BY message),
        live AS MATERIALIZED (
            SELECT sent.* FROM sent LEFT JOIN gone USING (message)
            WHERE sent.at <= ?3 AND (gone.seq IS NULL OR gone.seq < sent.seq))

        """

    /// One row, in the order of ``Figures/names``.
    private static let counts = """
        , offline AS (
            SELECT user, device, max(seq) AS seq FROM log WHERE type = 'user.offline' GROUP BY user, device),
        orchestrators AS (
            SELECT orchestrator, max(seq), type FROM log WHERE type IN ('orchestrator.started', 'orchestrator.stopped')
            GROUP BY orchestrator),
        tasks AS (
            SELECT task, max(seq), new FROM (
                SELECT task, seq, coalesce(status,
                    CASE type WHEN 'task.created' THEN 'open' WHEN 'task.completed' THEN 'completed' END) AS new
                FROM log WHERE type IN ('task.created', 'task.updated', 'task.assigned', 'task.completed'))
            WHERE new IS NOT NULL GROUP BY task)
        SELECT
            (SELECT count(DISTINCT user) FROM past WHERE at > ?3 - 86400000 AND NOT is_server),
            (SELECT count(DISTINCT past.user) FROM past LEFT JOIN offline
                ON offline.user = past.user AND offline.device = past.device
                WHERE type IN ('user.online', 'user.active', 'user.action') AND at > ?3 - 300000 AND NOT is_server
                AND (offline.seq IS NULL OR offline.seq < past.seq)),
            (SELECT count(DISTINCT session) FROM past WHERE at > ?3 - 1800000),
            (SELECT count(*) FROM live WHERE at >= ?6),
            (SELECT count(*) FROM live WHERE at >= ?4 AND at < ?5),
            (SELECT count(DISTINCT channel) FROM live WHERE at > ?3 - 86400000),
            (SELECT count(*) FROM orchestrators WHERE type = 'orchestrator.started' AND orchestrator IN (
                SELECT orchestrator FROM past WHERE at > ?3 - 300000
                AND type IN ('orchestrator.started', 'orchestrator.heartbeat'))),
            (SELECT count(*) FROM tasks WHERE new = 'in_progress')
        """

    /// Type and count; the first 200 types that the log has for the day, the others as `other`.
    private static let types = """
        , today AS (
            SELECT type, min(seq) AS first, count(*) FILTER (WHERE at <= ?3) AS count
            FROM log WHERE at >= ?4 AND at < ?5 GROUP BY type),
        ranked AS (SELECT *, row_number() OVER (ORDER BY first) AS rank FROM today)
        SELECT CASE WHEN rank <= 200 THEN type ELSE 'other' END AS name, sum(count) FROM ranked
        GROUP BY name HAVING sum(count) > 0
        """
}
