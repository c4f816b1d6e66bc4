/// Something with a descriptor in a loop's epoll set.
protocol Selectable: AnyObject {
    /// The descriptor is ready; `events` are epoll's bits. Never called after the registration was removed.
    func ready(_ events: UInt32)

    /// The loop stops: close the descriptor. Called once, unless the registration was removed before.
    func loopStopped()
}

/// Names one registration for as long as it lasts: index in the low half, generation in the high half. This is what epoll hands
/// back with an event, so an event for a descriptor that was closed in the same turn finds a newer generation, and no one.
struct Registration: Equatable {
    let token: UInt64
}

/// The owners of the descriptors of one loop: a slab whose slots are used again under a new generation.
struct RegistrationTable {
    private struct Slot {
        var generation: UInt32
        var owner: (any Selectable)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    mutating func insert(_ owner: any Selectable) -> Registration {
        guard let index = free.popLast() else {
            slots.append(Slot(generation: 0, owner: owner))
            return Registration(token: UInt64(slots.count - 1))
        }
        slots[Int(index)].owner = owner
        return Registration(token: UInt64(slots[Int(index)].generation) << 32 | UInt64(index))
    }

    mutating func remove(_ registration: Registration) {
        guard owner(of: registration) != nil else { return }
        let index = Int(registration.token & 0xFFFF_FFFF)
        slots[index].owner = nil
        slots[index].generation &+= 1
        free.append(UInt32(index))
    }

    /// The owner, or nil when the registration has ended.
    func owner(of registration: Registration) -> (any Selectable)? {
        let index = Int(registration.token & 0xFFFF_FFFF)
        guard index < slots.count, UInt64(slots[index].generation) == registration.token >> 32 else { return nil }
        return slots[index].owner
    }

    var owners: [any Selectable] { slots.compactMap(\.owner) }
}
