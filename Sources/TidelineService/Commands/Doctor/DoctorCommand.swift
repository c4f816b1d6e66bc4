/// `tideline doctor`: looks at everything that decides whether the server will do its work here, and says what to do.
///
/// Each check reads facts and judges them apart, so that the judgement is tested with facts that no test machine has.
enum DoctorCommand {
    static func run(_ options: DoctorOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        var report = Report(context.console, isJSON: options.isJSON)
        let server = RunningServer(configuration)
        try report.add(
            ConfigurationChecks.run(
                configuration, file: options.configuration.file ?? context.environment["TIDELINE_CONFIG"]))
        try report.add(MachineChecks.run(configuration, server))
        try report.add(DataChecks.run(configuration))
        try report.add(ServerChecks.run(configuration, server))
        try report.add(DatabaseChecks.run(configuration, isDeep: options.isDeep))
        if let url = options.url.flatMap({ ServiceURL($0) }) {
            var canary = CanaryChecks(
                url: url, options: options, configuration: configuration,
                token: options.token ?? context.environment[DoctorOptions.tokenVariable])
            try canary.run { finding throws(CommandFailure) in try report.add([finding]) }
        }
        try report.end()
        return report.worst == .fail ? 1 : 0
    }

    /// Prints findings as they come; as JSON, all at the end.
    private struct Report {
        private let console: Console
        private let isJSON: Bool
        private var findings: [Finding] = []

        init(_ console: Console, isJSON: Bool) {
            self.console = console
            self.isJSON = isJSON
        }

        var worst: Finding.Status { findings.map(\.status).max() ?? .ok }

        mutating func add(_ new: [Finding]) throws(CommandFailure) {
            let new = new.map(\.printable)
            findings += new
            if isJSON { return }
            for finding in new {
                let check = finding.check + String(repeating: " ", count: max(0, 22 - finding.check.count))
                let status = finding.status.rawValue + String(repeating: " ", count: 4 - finding.status.rawValue.count)
                try console.write(line: "\(status)  \(check)  \(finding.detail)")
                if let remedy = finding.remedy { try console.write(line: "      → \(remedy)") }
            }
        }

        func end() throws(CommandFailure) {
            if isJSON {
                let objects = findings.map { finding in
                    var json = JSONText()
                    json.object {
                        $0.member("check", finding.check)
                        $0.member("status", finding.status.rawValue)
                        $0.member("detail", finding.detail)
                        if let remedy = finding.remedy { $0.member("remedy", remedy) }
                    }
                    return json.bytes
                }
                return try console.write(JSONList.bytes(objects))
            }
            let counts = Finding.Status.allCases.map { status in
                "\(findings.count { $0.status == status }) \(status.rawValue)"
            }
            console.say(counts.joined(separator: ", "))
        }
    }
}
