import ContactTesting
import FoundationEssentials
import Postgres
import Testing

/// `localhost` is what the certificate names; 127.0.0.1 is the same server under a name it does not have.
@Suite struct TLSTests {
    @Test func `verify-full takes the right server and refuses a wrong name and an unknown authority`() async throws {
        let folder = "/tmp/contatto-tls-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // What stays in a temporary folder harms nobody.
        let authority = try await CertificateAuthority.make(in: folder, named: "one")
        let stranger = try await CertificateAuthority.make(in: folder, named: "two")
        let server = try await TestServer.start(tls: try await authority.issue(for: "localhost"))

        func connect(_ address: String) async throws -> Bool {
            let database = Database(try ConnectionSettings(uri: address), connections: 1)
            do {
                let encrypted = try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.query(text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").bool(0, 0)
                }
                await database.close()
                return encrypted
            } catch {
                await database.close()
                throw error
            }
        }

        let verified = "sslmode=verify-full sslrootcert=\(authority.certificate)"
        #expect(try await connect("\(server.tcpURI(host: "localhost")) hostaddr=127.0.0.1 \(verified)"))
        #expect(try await connect("\(server.tcpURI()) sslmode=require"))
        #expect(try await !connect("\(server.tcpURI()) sslmode=disable"))

        let start = ContinuousClock.now
        let wrongName = await error { _ = try await connect("\(server.tcpURI()) \(verified)") }
        #expect(wrongName?.message.contains("does not match host name") == true, "\(String(describing: wrongName))")
        let unknown = await error {
            _ = try await connect(
                "\(server.tcpURI(host: "localhost")) hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=\(stranger.certificate)"
            )
        }
        #expect(unknown?.message.contains("certificate verify failed") == true, "\(String(describing: unknown))")
        #expect(ContinuousClock.now - start < .seconds(20), "what cannot be mended was tried again and again")
        try await server.stop(immediately: true)
    }

    @Test func `a statement on an encrypted connection is cancelled as well`() async throws {
        let folder = "/tmp/contatto-tls-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // What stays in a temporary folder harms nobody.
        let authority = try await CertificateAuthority.make(in: folder, named: "one")
        let server = try await TestServer.start(tls: try await authority.issue(for: "localhost"))
        let database = Database(try ConnectionSettings(uri: "\(server.tcpURI()) sslmode=require"), connections: 2)
        let task = Task { try await database.run("/* tls.sleep */ SELECT pg_sleep(60)") }
        try await database.wait(
            until: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* tls.sleep */%'", gives: 1)
        task.cancel()
        #expect(await error { try await task.value }?.isCancelled == true)
        let large = [UInt8](repeating: 7, count: 3_000_000)
        let total = try await database.transaction { (session: borrowing Session) throws(DatabaseError) -> Int in
            try session.pipeline((0..<10).map { _ in ("/* tls.large */ SELECT $1", [.bytes(large)]) }).reduce(0) {
                $0 + $1.count
            }
        }
        #expect(total == 10)
        await database.close()
        try await server.stop(immediately: true)
    }
}
