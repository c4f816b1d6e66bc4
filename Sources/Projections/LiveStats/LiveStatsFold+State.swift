import Events

/// The fold as bytes, for checkpoints.
///
/// In this order: mark and version · settings · now, asOf, zone · users, sessions, devices, beats (keys by text, times as
/// distance from now) · orchestrators that run, tasks in progress · minutes · channels with their times · the day's types,
/// the quarters' types · pending effects · departures that undo pending beats. What follows from these (queues,
/// sums, counts of devices) is made anew.
extension LiveStatsFold {
    private static let mark: UInt64 = 0x74

    /// Equal states give equal bytes.
    package func encoded() -> [UInt8] {
        var writer = StateWriter()
        writer.write(unsigned: Self.mark)
        writer.write(signed: Int64(Self.version))
        for setting in Self.numbers(of: settings) { writer.write(signed: setting) }
        writer.write(signed: now)
        writer.write(signed: asOf)
        writer.write(timeZone)
        write(users, to: &writer)
        write(sessions, to: &writer)
        writeDevices(to: &writer)
        write(orchestrators.beats, to: &writer)
        writer.write(orchestrators.running.map(\.text).sorted()) { $0.write($1) }
        writer.write(tasksInProgress.map(\.text).sorted()) { $0.write($1) }
        writer.write(minutes.counts.sorted { $0.key < $1.key }) { writer, minute in
            writer.write(signed: minute.key)
            writer.write(minute.value)
        }
        writer.write(channels.entries(now: now)) { writer, entry in
            writer.write(entry.channel)
            writer.write(entry.times) { $0.write(signed: now - $1) }
        }
        writeTypes(to: &writer)
        writer.write(pending.elements.sorted()) { writer, effect in effect.write(to: &writer, now: now) }
        writeDepartures(to: &writer)
        return writer.bytes
    }

    /// - Parameter settings: must be those of the state.
    /// - Returns: nil where `bytes` are damaged, or of another version, or of other settings.
    package init?(decoding bytes: [UInt8], settings: LiveStatsSettings = LiveStatsSettings()) {
        var reader = StateReader(bytes)
        do throws(StateDamage) {
            guard try reader.readUnsigned() == Self.mark, try reader.readSigned() == Int64(Self.version) else {
                return nil
            }
            for setting in Self.numbers(of: settings) {
                guard try reader.readSigned() == setting else { return nil }
            }
            let now = try reader.read(in: Timestamp.range)
            let asOf = try reader.read(in: 0...)
            let timeZone = try reader.readText()
            guard LocalDay.isKnown(timeZone: timeZone) else { return nil }
            self.init(settings: settings, timeZone: timeZone, startingAt: now)
            self.asOf = asOf
            try readState(&reader)
            guard reader.isAtEnd else { return nil }
        } catch {
            return nil
        }
    }

    private static func numbers(of settings: LiveStatsSettings) -> [Int64] {
        [
            settings.activeUserWindow, settings.onlineWindow, settings.sessionWindow, settings.channelWindow,
            settings.orchestratorWindow, Int64(settings.maximumEventTypes),
        ]
    }

    // MARK: - Writing

    private func write<Kind>(_ window: RecencyWindow<Identifier<Kind>>, to writer: inout StateWriter) {
        writer.write(window.entries.sorted { $0.key.text < $1.key.text }) { writer, entry in
            writer.write(entry.key)
            writer.write(signed: now - entry.latest)
        }
    }

    private func writeDevices(to writer: inout StateWriter) {
        writer.write(presence.devices.entries.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key.user)
            writer.write(entry.key.name)
            writer.write(signed: now - entry.latest)
        }
    }

    private func writeTypes(to writer: inout StateWriter) {
        writer.write(types.named.sorted { $0.key.text < $1.key.text }) { writer, type in
            writer.write(type.key.text)
            writer.write(type.value)
        }
        writer.write(types.other)
        writer.write(types.quarters.sorted { $0.key < $1.key }) { writer, quarter in
            writer.write(signed: quarter.key)
            writer.write(quarter.value.other)
            writer.write(quarter.value.types.sorted { $0.key.text < $1.key.text }) { writer, type in
                writer.write(type.key.text)
                writer.write(signed: type.value.first)
                writer.write(type.value.count)
            }
        }
    }

    /// Only departures that still undo a pending beat.
    private func writeDepartures(to writer: inout StateWriter) {
        var earliest: [Presence.Device: SequenceNumber] = [:]
        for effect in pending.elements {
            guard case .event(let occurrence) = effect.change, let name = occurrence.device else { continue }
            let device = Presence.Device(user: occurrence.user, name: name)
            earliest[device] = min(earliest[device] ?? .max, effect.sequence)
        }
        let departures = presence.awaited.filter { $0.value.departed > earliest[$0.key] ?? .max }
            .sorted { $0.key < $1.key }
        writer.write(departures) { writer, entry in
            writer.write(entry.key.user)
            writer.write(entry.key.name)
            writer.write(signed: entry.value.departed)
        }
    }

    // MARK: - Reading

    private mutating func readState(_ reader: inout StateReader) throws(StateDamage) {
        try read(&users, from: &reader)
        try read(&sessions, from: &reader)
        let (now, asOf) = (now, asOf)
        try reader.readEach(ascending: Presence.Device.self) { (reader) throws(StateDamage) in
            let device = try Presence.Device(from: &reader)
            presence.beat(device, at: try Self.time(in: settings.onlineWindow, now, &reader), now: now)
            return device
        }
        try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
            let id: EntityID = try reader.readIdentifier()
            orchestrators.beat(id, at: try Self.time(in: settings.orchestratorWindow, now, &reader), now: now)
            return id.text
        }
        try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
            let id: EntityID = try reader.readIdentifier()
            orchestrators.start(id)
            return id.text
        }
        try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
            let id: EntityID = try reader.readIdentifier()
            tasksInProgress.insert(id)
            return id.text
        }
        try readMessages(&reader)
        try readTypes(&reader)
        try reader.readEach(ascending: Effect.self) { (reader) throws(StateDamage) in
            let effect = try Effect(from: &reader, now: now, through: asOf)
            if case .event(let occurrence) = effect.change, let device = occurrence.device {
                presence.expect(Presence.Device(user: occurrence.user, name: device))
            }
            pending.insert(effect)
            return effect
        }
        try reader.readEach(ascending: Presence.Device.self) { (reader) throws(StateDamage) in
            let device = try Presence.Device(from: &reader)
            guard presence.restore(departed: try reader.read(in: 1...max(1, asOf)), of: device) else {
                throw StateDamage()
            }
            return device
        }
    }

    private mutating func readMessages(_ reader: inout StateReader) throws(StateDamage) {
        let now = now
        let earliest = MessageMinutes.minute(of: min(now - MessageMinutes.reach, types.day.lowerBound))
        let latest = MessageMinutes.minute(of: now)
        try reader.readEach(ascending: Int64.self) { (reader) throws(StateDamage) in
            let minute = try reader.read(in: earliest...latest)
            minutes.add(try reader.readCount(from: 1), at: minute * 60_000)
            return minute
        }
        countToday()
        try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
            let channel: ChannelID = try reader.readIdentifier()
            var last = settings.channelWindow
            try reader.readEach { (reader) throws(StateDamage) in
                let age = try reader.read(in: 0..<settings.channelWindow)
                guard age <= last else { throw StateDamage() }
                last = age
                channels.insert(channel, at: now - age, now: now)
            }
            return channel.text
        }
    }

    private mutating func readTypes(_ reader: inout StateReader) throws(StateDamage) {
        var named: [(EventType, Int)] = []
        try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
            let type = try reader.readType()
            named.append((type, try reader.readCount()))
            return type.text
        }
        let other = try reader.readCount()
        var quarters: [Int64: TypeCounts.Quarter] = [:]
        let asOf = asOf
        try reader.readEach(ascending: Int64.self) { (reader) throws(StateDamage) in
            let number = try reader.readSigned()
            var quarter = TypeCounts.Quarter()
            quarter.other = try reader.readCount()
            try reader.readEach(ascending: String.self) { (reader) throws(StateDamage) in
                let type = try reader.readType()
                let first = try reader.read(in: 1...max(1, asOf))
                quarter.types[type] = TypeCounts.Tally(first: first, count: try reader.readCount())
                return type.text
            }
            quarters[number] = quarter
            return number
        }
        types.restore(named: named, other: other, quarters: quarters)
    }

    private func read<Kind>(
        _ window: inout RecencyWindow<Identifier<Kind>>, from reader: inout StateReader
    ) throws(StateDamage) {
        var last: String?
        let (now, length) = (now, window.length)
        var entries: [(Identifier<Kind>, Milliseconds)] = []
        try reader.readEach { (reader) throws(StateDamage) in
            let key: Identifier<Kind> = try reader.readIdentifier()
            if let last, key.text <= last { throw StateDamage() }
            last = key.text
            entries.append((key, try Self.time(in: length, now, &reader)))
        }
        for (key, time) in entries { window.touch(key, at: time, now: now) }
    }

    /// A time inside a window, written as its distance from now.
    private static func time(
        in window: Milliseconds, _ now: Milliseconds, _ reader: inout StateReader
    ) throws(StateDamage) -> Milliseconds {
        now - (try reader.read(in: 0..<max(1, window)))
    }
}

extension Presence.Device: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.user.text, left.name) < (right.user.text, right.name)
    }

    fileprivate init(from reader: inout StateReader) throws(StateDamage) {
        user = try reader.readIdentifier()
        name = try reader.readText()
    }
}

extension Effect {
    fileprivate func write(to writer: inout StateWriter, now: Milliseconds) {
        writer.write(signed: time - now)
        writer.write(signed: sequence)
        switch change {
        case .deletion(let channel):
            writer.write(unsigned: 0)
            writer.write(channel)
        case .event(let occurrence):
            writer.write(unsigned: occurrence.device == nil ? 1 : 2)
            writer.write(occurrence.type.text)
            writer.write(occurrence.user)
            writer.write(occurrence.session)
            writer.write(occurrence.message)
            writer.write(occurrence.orchestrator)
            if let device = occurrence.device { writer.write(device) }
        }
    }

    fileprivate init(
        from reader: inout StateReader, now: Milliseconds, through asOf: SequenceNumber
    ) throws(StateDamage) {
        let ahead = try reader.read(in: 1...Timestamp.range.upperBound)
        sequence = try reader.read(in: 1...max(1, asOf))
        time = now + ahead
        switch try reader.readUnsigned() {
        case 0: change = .deletion(try reader.readIdentifier())
        case let form where form <= 2:
            change = .event(
                Occurrence(
                    type: try reader.readType(), user: try reader.readIdentifier(),
                    session: try reader.readOptionalIdentifier(), message: try reader.readOptionalIdentifier(),
                    orchestrator: try reader.readOptionalIdentifier(),
                    device: form == 2 ? try reader.readText() : nil))
        default: throw StateDamage()
        }
    }
}
