/// `tideline doctor`.
package struct DoctorOptions: Sendable, Equatable {
    package var configuration: ConfigurationOptions
    /// Where clients reach the server; nil checks this machine only.
    package var url: String?
    /// A bearer credential for the canary; nil takes that of ``tokenVariable``, or signs one here.
    package var token: String?
    package var workspace: String
    /// PEM file of trusted authorities instead of the system's.
    package var authorities: String?
    /// Whether to read the whole database.
    package var isDeep: Bool
    /// Whether to hold a stream for longer than the usual idle time-outs.
    package var testsIdle: Bool
    package var isJSON: Bool

    /// Whose events touch nobody's figures.
    static let canaryWorkspace = "tideline-doctor"

    /// A credential that the list of processes does not show.
    static let tokenVariable = "TIDELINE_DOCTOR_TOKEN"

    init(_ parsed: ParsedArguments) throws(UsageError) {
        configuration = try ConfigurationOptions(parsed)
        url = try parsed.optional("--url") { ServiceURL($0)?.description }
        token = parsed.value("--token")
        workspace = parsed.value("--workspace") ?? Self.canaryWorkspace
        authorities = parsed.value("--ca-file")
        isDeep = parsed.contains("--deep")
        testsIdle = parsed.contains("--idle")
        isJSON = parsed.contains("--json")
        if let option = ["--token", "--workspace", "--ca-file", "--idle"].first(where: parsed.contains), url == nil {
            throw parsed.error("\(option) is for --url URL")
        }
    }
}
