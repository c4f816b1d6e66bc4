/// What all scenarios share.
struct Settings {
    /// The servers that are compared: Tideline first, then the floor.
    let subjects: [Subject]
    /// Where data directories are made; a real disk, since a commit that costs nothing would flatter.
    let directory: String
    let rounds: Int
    /// Bytes of an event's JSON.
    let eventSize: Int
    /// Where the report goes as JSON.
    let jsonFile: String?
    let processors: Processors

    init(_ arguments: inout Arguments, rounds: Int = 3) throws(Failure) {
        let ownFolder = Files.ownPath.split(separator: "/").dropLast().joined(separator: "/")
        let binary = arguments.text("server-binary", default: "/\(ownFolder)/tideline")
        if arguments.flag("self-test") {
            let losing = try arguments.text("lose")
            subjects = [.floor(name: "floor (self-test)", losing: losing), .floor(name: "floor", losing: nil)]
        } else {
            guard Files.isExecutable(binary) else {
                throw Failure("\(binary) is not there: build it, name it by --server-binary, or use --self-test")
            }
            subjects = [.tideline(binary: binary), .floor(name: "floor", losing: nil)]
        }
        directory = arguments.text("directory", default: "/var/tmp")
        self.rounds = try arguments.integer("rounds", default: rounds)
        eventSize = try arguments.integer("event-size", default: 250)
        jsonFile = try arguments.text("json")
        processors = try Processors()
    }

    /// Prints the tables and writes the JSON report.
    func report(_ comparisons: [Comparison]) throws(Failure) {
        guard let jsonFile else { return }
        try Files.write(JSONText.array(comparisons.map(\.json)).text + "\n", to: jsonFile)
    }
}

/// Which processor serves and which one loads.
struct Processors {
    let server: Int?

    /// Pins this process to processor 1 and means processor 0 for servers; does neither on a single processor.
    init() throws(Failure) {
        try Limits.raiseDescriptors()
        if let load = Files.text("/proc/loadavg")?.split(separator: " ").first.flatMap({ Double($0) }), load > 0.7 {
            Output.progress("the machine is busy (load \(load)): expect ratios to wander too")
        }
        guard Limits.processors > 1 else {
            Output.progress("one processor only: server and load share it, the figures mean little")
            server = nil
            return
        }
        try Subprocess.pinSelf(to: 1)
        server = 0
    }
}
