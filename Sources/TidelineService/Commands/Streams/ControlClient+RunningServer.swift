import Networking

extension ControlClient {
    /// The client of the server that runs on this data directory, for commands that make no sense without one.
    /// - Throws: what to do where none runs. Opening the log here instead would keep a restarting server out of it.
    static func ofRunningServer(_ configuration: ServiceConfiguration) throws(CommandFailure) -> ControlClient {
        let address = SocketAddress.unix(path: configuration.storage.controlSocketPath)
        do throws(ClientFailure) {
            // Only asks whether somebody listens; requests come over a connection of their own.
            _ = try ClientSocket(to: address, timeout: .seconds(5))
        } catch {
            try ControlSession.check(error, address)
            let directory = configuration.storage.directory
            throw CommandFailure(
                """
                no server runs on the data directory \(directory); start one with: tideline serve --data \(directory)
                (or name the directory of the one that runs by --data or --config)
                """)
        }
        return ControlClient(http: BlockingHTTPClient(address, timeout: .seconds(60)))
    }
}
