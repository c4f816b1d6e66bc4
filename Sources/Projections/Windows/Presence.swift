import Events

/// Which users have a device that is there: beats and departures of devices, each counted for itself.
///
/// Departures follow the order of the log: `user.offline` undoes the beats of its device that stand before it in the log, also
/// those whose time has not come, and none that stand behind it.
struct Presence: Sendable {
    struct Device: Hashable, Sendable {
        let user: UserID
        /// "" where the client names none.
        let name: String
    }

    /// Beats of one device whose time has not come.
    struct Awaited: Sendable {
        var count = 0
        /// Beats before this seq were undone by a departure.
        var departed: SequenceNumber = 0
    }

    private(set) var devices: RecencyWindow<Device>
    private(set) var awaited: [Device: Awaited] = [:]
    /// How many devices each user has that are there.
    private var users: [UserID: Int] = [:]

    init(window: Milliseconds) { devices = RecencyWindow(length: window) }

    /// Present users together with `openUsers`, each once.
    func count(with openUsers: some Sequence<UserID>) -> Int {
        var others: Set<UserID> = []
        for user in openUsers where users[user] == nil { others.insert(user) }
        return users.count + others.count
    }

    /// A beat whose time has come.
    mutating func beat(_ device: Device, at time: Milliseconds, now: Milliseconds) {
        if devices.touch(device, at: time, now: now) { users[device.user, default: 0] += 1 }
    }

    /// A beat whose time has not come.
    mutating func expect(_ device: Device) { awaited[device, default: Awaited()].count += 1 }

    /// The time of an expected beat, `sequence` in the log, has come.
    mutating func arrive(_ device: Device, sequence: SequenceNumber, at time: Milliseconds, now: Milliseconds) {
        let state = awaited[device] ?? Awaited()
        awaited[device] = state.count > 1 ? Awaited(count: state.count - 1, departed: state.departed) : nil
        if sequence > state.departed { beat(device, at: time, now: now) }
    }

    mutating func leave(_ device: Device, sequence: SequenceNumber) {
        if devices.remove(device) { release(device.user) }
        awaited[device]?.departed = sequence
    }

    mutating func expire(now: Milliseconds) {
        for device in devices.expire(now: now) { release(device.user) }
    }

    /// Puts back that the awaited beats of `device` before `sequence` were undone.
    /// - Returns: false when none is awaited.
    mutating func restore(departed sequence: SequenceNumber, of device: Device) -> Bool {
        guard awaited[device] != nil else { return false }
        awaited[device]?.departed = sequence
        return true
    }

    private mutating func release(_ user: UserID) {
        let count = (users[user] ?? 1) - 1
        users[user] = count > 0 ? count : nil
    }
}
