/// Who and what the demo's workspace is made of: a container harbor that works around the clock.
enum DemoCast {
    /// Someone who works there: `devices` are what they sign on with, the first one most often.
    struct Person: Sendable {
        let id: String
        let name: String
        let devices: [String]
    }

    /// Where people talk. `weight` is how much of the talk happens there; `memberStride` thins the members: 1 is everyone.
    struct Channel: Sendable {
        let id: String
        let title: String
        let kind: String
        let isPrivate: Bool
        let weight: Int
        let memberStride: Int
    }

    static let people: [Person] = [
        Person(id: "mara.lindqvist", name: "Mara Lindqvist", devices: ["desk-3", "phone-mara"]),
        Person(id: "tomasz.wrona", name: "Tomasz Wrona", devices: ["crane-2", "phone-tomasz"]),
        Person(id: "ines.duarte", name: "Inês Duarte", devices: ["desk-7", "tablet-ines"]),
        Person(id: "kofi.asante", name: "Kofi Asante", devices: ["yard-tablet-1", "phone-kofi"]),
        Person(id: "yuki.tanaka", name: "Yuki Tanaka", devices: ["desk-1", "phone-yuki"]),
        Person(id: "priya.raman", name: "Priya Raman", devices: ["desk-4", "phone-priya"]),
        Person(id: "jonas.becker", name: "Jonas Becker", devices: ["gate-north", "phone-jonas"]),
        Person(id: "amina.diallo", name: "Amina Diallo", devices: ["desk-9", "phone-amina"]),
        Person(id: "luca.moretti", name: "Luca Moretti", devices: ["pilot-boat-1", "phone-luca"]),
        Person(id: "sofie.jansen", name: "Sofie Jansen", devices: ["tower", "tablet-sofie"]),
        Person(id: "mateo.rojas", name: "Mateo Rojas", devices: ["yard-tablet-2", "phone-mateo"]),
        Person(id: "hana.novak", name: "Hana Nováková", devices: ["desk-5", "phone-hana"]),
        Person(id: "erik.solberg", name: "Erik Solberg", devices: ["crane-4", "phone-erik"]),
        Person(id: "leila.haddad", name: "Leïla Haddad", devices: ["customs-1", "phone-leila"]),
        Person(id: "daniel.okoye", name: "Daniel Okoye", devices: ["workshop", "phone-daniel"]),
        Person(id: "mei.chen", name: "Mei Chen", devices: ["desk-2", "phone-mei"]),
        Person(id: "paul.verhoeven", name: "Paul Verhoeven", devices: ["tug-3", "phone-paul"]),
        Person(id: "greta.holm", name: "Greta Holm", devices: ["desk-6", "phone-greta"]),
        Person(id: "omar.farouk", name: "Omar Farouk", devices: ["gate-south", "phone-omar"]),
        Person(id: "nadia.petrova", name: "Nadia Petrova", devices: ["desk-8", "phone-nadia"]),
        Person(id: "finn.murphy", name: "Finn Murphy", devices: ["reefer-cart", "phone-finn"]),
        Person(id: "chloe.martin", name: "Chloé Martin", devices: ["customs-2", "phone-chloe"]),
        Person(id: "ravi.iyer", name: "Ravi Iyer", devices: ["rail-yard", "phone-ravi"]),
        Person(id: "eva.kowalska", name: "Ewa Kowalska", devices: ["night-desk", "phone-ewa"]),
    ]

    static let channels: [Channel] = [
        Channel(id: "general", title: "General", kind: "channel", isPrivate: false, weight: 6, memberStride: 1),
        Channel(id: "berth-plan", title: "Berth plan", kind: "channel", isPrivate: false, weight: 14, memberStride: 1),
        Channel(id: "yard", title: "Yard", kind: "channel", isPrivate: false, weight: 16, memberStride: 1),
        Channel(id: "gate", title: "Gate", kind: "channel", isPrivate: false, weight: 9, memberStride: 2),
        Channel(id: "customs", title: "Customs", kind: "channel", isPrivate: false, weight: 8, memberStride: 2),
        Channel(id: "reefers", title: "Reefers", kind: "channel", isPrivate: false, weight: 5, memberStride: 2),
        Channel(id: "rail", title: "Rail", kind: "channel", isPrivate: false, weight: 4, memberStride: 3),
        Channel(id: "incidents", title: "Incidents", kind: "channel", isPrivate: false, weight: 3, memberStride: 1),
        Channel(id: "shift-leads", title: "Shift leads", kind: "group", isPrivate: true, weight: 4, memberStride: 5),
        Channel(id: "dm-mara-kofi", title: "Mara and Kofi", kind: "dm", isPrivate: true, weight: 2, memberStride: 0),
        Channel(id: "dm-yuki-sofie", title: "Yuki and Sofie", kind: "dm", isPrivate: true, weight: 2, memberStride: 0),
        Channel(
            id: "dm-leila-chloe", title: "Leïla and Chloé", kind: "dm", isPrivate: true, weight: 2, memberStride: 0),
    ]

    private static let pairs = [
        "dm-mara-kofi": ["mara.lindqvist", "kofi.asante"],
        "dm-yuki-sofie": ["yuki.tanaka", "sofie.jansen"],
        "dm-leila-chloe": ["leila.haddad", "chloe.martin"],
    ]

    /// The members of `channel`; the first one opened it.
    static func members(of channel: Channel) -> [String] {
        if let pair = pairs[channel.id] { return pair }
        return stride(from: 0, to: people.count, by: max(1, channel.memberStride)).map { people[$0].id }
    }

    /// Agents that plan, read papers and watch machines; each reports to one person.
    static let agents: [(id: String, keeper: String)] = [
        ("berth-planner", "yuki.tanaka"), ("customs-clerk", "leila.haddad"), ("crane-watch", "erik.solberg"),
        ("reefer-monitor", "finn.murphy"), ("gate-scheduler", "jonas.becker"), ("tide-forecast", "luca.moretti"),
        ("manifest-reader", "mei.chen"),
    ]

    static let taskTitles = [
        "Re-plan berth 7 for Aurora Express", "Inspect spreader of crane 4", "Release 14 held containers",
        "Check reefer temperatures in block C", "Move empties out of block F", "Confirm pilot for Nordic Heron",
        "Repair fence at gate south", "Count bay 32 again", "Book rail slots for Thursday", "Update the storm plan",
        "Calibrate weighbridge 2", "Answer the agent of Maasvliet", "Clear the dangerous goods declaration",
        "Prepare the shift handover", "Charge the yard tablets", "Order lashing gear", "Survey damage on TCLU 448120",
        "Draw up the bunker schedule", "Train the new crane drivers", "Close the weekly safety report",
    ]

    static let files: [(name: String, type: String)] = [
        ("manifest", "pdf"), ("bay-plan", "xlsx"), ("damage-photo", "jpg"), ("customs-form", "pdf"),
        ("weather", "png"), ("crew-list", "csv"), ("gate-log", "csv"), ("safety-note", "docx"),
    ]

    static let reactions = ["👍", "✅", "🚢", "👀", "🙏", "😄", "🎉", "⚓"]
    static let actions = ["opened_berth_plan", "searched", "checked_in_truck", "printed_label", "scanned_container"]

    /// How busy each hour of the day is, beginning at midnight: three shifts, a lull before dawn, a rush at each change.
    static let rhythm: [Double] = [
        0.78, 0.72, 0.68, 0.66, 0.70, 0.85, 1.08, 1.15, 1.20, 1.24, 1.20, 1.14,
        1.00, 1.12, 1.22, 1.18, 1.12, 1.05, 1.00, 0.95, 0.92, 1.00, 0.98, 0.86,
    ]
}
