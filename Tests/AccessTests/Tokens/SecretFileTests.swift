import Access
import Events
import Glibc
import Testing

struct SecretFileTests {
    /// A directory of its own, removed at the end.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        var random = SystemRandomNumberGenerator()
        let directory = "/tmp/tideline-secret-\(random.next())"
        #expect(unsafe mkdir(directory, 0o700) == 0)
        defer {
            for name in ["secret", "link"] { _ = unsafe unlink("\(directory)/\(name)") }
            _ = unsafe rmdir(directory)
        }
        try body(directory)
    }

    private func write(_ text: String, to path: String, mode: mode_t) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
        #expect(descriptor >= 0)
        #expect(unsafe Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        #expect(fchmod(descriptor, mode) == 0)
        close(descriptor)
    }

    private func signature(_ secret: Secret) -> String {
        TokenIssuer(secret: secret).token(
            for: TokenClaims(user: .init(validated: "a"), grants: WorkspaceGrants(), issuedAt: 0, expiresAt: 1000))
    }

    @Test func `a secret is made once, for its owner alone`() throws {
        try withDirectory { directory in
            var random = SeededGenerator(seed: 1)
            let path = directory + "/secret"

            let made = try SecretFile.loadOrCreate(at: path, using: &random)
            let again = try SecretFile.loadOrCreate(at: path, using: &random)
            let loaded = try #require(try SecretFile.load(at: path))

            #expect(signature(made) == signature(again))
            #expect(signature(made) == signature(loaded))
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            // 43 characters for 32 bytes, and a line end.
            #expect(status.st_size == 44)
            // Nothing is left beside it, else rmdir at the end would fail.
            #expect(status.st_nlink == 1)
        }
    }

    @Test func `there may be none`() throws {
        try withDirectory { directory in
            let secret = try SecretFile.load(at: directory + "/secret")

            #expect(secret.map { _ in true } == nil)
        }
    }

    @Test(arguments: [mode_t(0o640), 0o604, 0o644, 0o660])
    func `a secret that others can read is refused`(mode: mode_t) throws {
        try withDirectory { directory in
            let path = directory + "/secret"
            try write(Forge.secretText, to: path, mode: mode)

            #expect(throws: SecretError.exposed(path: path)) { try SecretFile.load(at: path) }
        }
    }

    @Test func `a symbolic link is not followed`() throws {
        try withDirectory { directory in
            try write(Forge.secretText, to: directory + "/secret", mode: 0o600)
            #expect(unsafe symlink(directory + "/secret", directory + "/link") == 0)

            #expect(throws: SecretError.exposed(path: directory + "/link")) {
                try SecretFile.load(at: directory + "/link")
            }
        }
    }

    @Test func `a file that holds too little is refused, not replaced`() throws {
        try withDirectory { directory in
            var random = SeededGenerator(seed: 1)
            try write("short\n", to: directory + "/secret", mode: 0o600)

            #expect(throws: SecretError.tooShort(bytes: 5)) {
                try SecretFile.loadOrCreate(at: directory + "/secret", using: &random)
            }
        }
    }

    @Test func `a missing directory is named`() {
        var random = SeededGenerator(seed: 1)

        let error = #expect(throws: SecretError.self) {
            try SecretFile.loadOrCreate(at: "/nonexistent/secret", using: &random)
        }

        #expect(error?.description.contains("/nonexistent/secret") == true)
    }

    @Test(arguments: [(31, false), (32, true), (33, true)])
    func `a secret has at least 32 bytes`(length: Int, isEnough: Bool) {
        let secret = try? Secret(String(repeating: "s", count: length))

        #expect((secret != nil) == isEnough)
    }

    @Test func `a secret does not print`() throws {
        let secret = try Secret(Forge.secretText)
        var dumped = ""
        dump(secret, to: &dumped)

        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains("0123"))
            #expect(!text.contains("48"))  // the first byte as a number
        }
    }
}
