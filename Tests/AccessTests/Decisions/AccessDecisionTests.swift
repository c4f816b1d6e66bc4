import Access
import Events
import Testing

struct AccessDecisionTests {
    private let ada = UserID(validated: "ada")
    private let workspace = WorkspaceIdentity(
        key: WorkspaceKey(7), id: WorkspaceID(validated: "w-7"), slug: WorkspaceID(validated: "acme"))

    private func token(
        _ named: [String: Role] = [:], everywhere: Role? = nil, issuedAt: Milliseconds? = 10_000
    ) -> Credential {
        let grants = WorkspaceGrants(
            named: Dictionary(uniqueKeysWithValues: named.map { (WorkspaceID(validated: $0.key), $0.value) }),
            everywhere: everywhere)
        return .token(TokenClaims(user: ada, grants: grants, issuedAt: issuedAt, expiresAt: 99_000))
    }

    private func key(in workspace: WorkspaceKey) -> Credential {
        .apiKey(
            APIKeyRecord(
                prefix: "aaaaaaaa", hash: [], workspace: workspace, user: UserID(validated: "bot"), role: .ingest,
                expiresAt: 5))
    }

    @Test(arguments: ["w-7", "acme"])
    func `a grant counts by id and by slug`(name: String) {
        let decision = token([name: .ingest]).decision(in: workspace, removedAt: nil)

        #expect(decision == .member(Principal(user: ada, role: .ingest)))
    }

    @Test func `the id goes before the slug, and both before the asterisk`() {
        let both = token(["acme": .admin, "w-7": .member], everywhere: .admin)
        let slug = token(["acme": .member], everywhere: .admin)

        #expect(both.decision(in: workspace, removedAt: nil) == .member(Principal(user: ada, role: .member)))
        #expect(slug.decision(in: workspace, removedAt: nil) == .member(Principal(user: ada, role: .member)))
    }

    @Test func `the asterisk opens every workspace to a visitor`() {
        let decision = token(everywhere: .admin).decision(in: workspace, removedAt: nil)

        #expect(decision == .visitor(Principal(user: ada, role: .admin)))
    }

    @Test(arguments: [["other": Role.admin], [:], ["W-7": .admin], ["acme2": .admin]])
    func `without a grant there is no access`(named: [String: Role]) {
        #expect(token(named).decision(in: workspace, removedAt: nil) == .denied(.noGrant))
        #expect(token(named).decision(in: workspace, removedAt: 99_000) == .denied(.noGrant))
    }

    @Test(arguments: [(9_999, true), (10_000, false), (10_001, false), (50_000, false)])
    func `a removal ends the tokens issued before it`(removedAt: Milliseconds, isIn: Bool) {
        let decision = token(["acme": .admin]).decision(in: workspace, removedAt: removedAt)

        #expect(decision == (isIn ? .member(Principal(user: ada, role: .admin)) : .denied(.removed)))
    }

    @Test func `a token without iat is older than any removal`() {
        let decision = token(["acme": .admin], issuedAt: nil).decision(in: workspace, removedAt: 1)

        #expect(decision == .denied(.removed))
    }

    @Test func `an operator is no member and is not removed`() {
        let decision = token(["acme": .member], everywhere: .ingest).decision(in: workspace, removedAt: 99_000)

        #expect(decision == .visitor(Principal(user: ada, role: .ingest)))
    }

    @Test func `an API key is for its own workspace`() {
        let own = key(in: WorkspaceKey(7)).decision(in: workspace, removedAt: 99_000)
        let foreign = key(in: WorkspaceKey(8)).decision(in: workspace, removedAt: nil)

        #expect(own == .member(Principal(user: UserID(validated: "bot"), role: .ingest)))
        #expect(foreign == .denied(.noGrant))
    }

    @Test func `the control socket may do all`() {
        let decision = Credential.localOperator.decision(in: workspace, removedAt: nil)

        #expect(decision.principal?.role == .admin)
    }

    @Test func `a new workspace takes the role of the name that a token gives it`() {
        let name = WorkspaceID(validated: "new")

        #expect(token(["new": .member], everywhere: .admin).roleInNewWorkspace(named: name) == .member)
        #expect(token(everywhere: .admin).roleInNewWorkspace(named: name) == .admin)
        #expect(token(["other": .admin]).roleInNewWorkspace(named: name) == nil)
        #expect(key(in: WorkspaceKey(1)).roleInNewWorkspace(named: name) == nil)
    }

    @Test func `a credential for one workspace needs not name it`() {
        #expect(token(["acme": .member]).onlyWorkspace == .named(WorkspaceID(validated: "acme")))
        #expect(token(["acme": .member, "w-7": .member]).onlyWorkspace == nil)
        #expect(token(["acme": .member], everywhere: .member).onlyWorkspace == nil)
        #expect(token().onlyWorkspace == nil)
        #expect(key(in: WorkspaceKey(3)).onlyWorkspace == .key(WorkspaceKey(3)))
        #expect(Credential.localOperator.onlyWorkspace == nil)
    }

    @Test func `streams end when their credential does`() {
        #expect(token().expiresAt == 99_000)
        #expect(key(in: WorkspaceKey(1)).expiresAt == 5)
        #expect(Credential.localOperator.expiresAt == nil)
    }

    @Test func `only a cookie is sent without being asked`() {
        guard case .token(let claims) = token() else { return }

        #expect(Credential.session(claims).isAmbient)
        #expect(!Credential.token(claims).isAmbient)
        #expect(!Credential.localOperator.isAmbient)
    }
}
