/// `tideline-bench floor`: the floor server or the bare table as a process of its own, started by the scenarios.
enum FloorCommand {
    static func run(_ arguments: inout Arguments) throws(Failure) {
        let table = try arguments.text("table")
        let seconds = try arguments.number("seconds", default: 3)
        let size = try arguments.integer("size", default: 250)
        let losing = try arguments.text("lose").flatMap(Int64.init)
        try arguments.finish()
        if let table {
            let rows = try BareTable(path: table).fill(
                group: 100, data: Array(PostTemplate.event(size: size).utf8), seconds: seconds)
            print(rows)
        } else {
            try Limits.raiseDescriptors()
            let server = try FloorServer(losing: losing)
            print("{\"message\":\"listening\",\"host\":\"127.0.0.1\",\"port\":\(server.port)}", to: &Output.errors)
            try server.run()
        }
    }
}
