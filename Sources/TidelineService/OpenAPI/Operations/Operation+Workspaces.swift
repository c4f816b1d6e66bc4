extension Operation {
    static let workspaces: [Operation] = []
}
