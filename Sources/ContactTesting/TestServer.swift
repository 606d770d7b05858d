import Foundation
import Postgres

/// A real PostgreSQL server for tests.
///
/// One is shared by a whole test run; those that are to be killed or configured are started apart. Each lives in a
/// temporary folder, is reached through a Unix socket or 127.0.0.1, and goes with the process that started it, however
/// that ends.
package actor TestServer {
    package struct TLSFiles: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// The socket's folder; for a server from CONTATTO_TEST_DATABASE, its options.
    private enum Place {
        case own(folder: String, port: Int)
        case given(ConnectionSettings)
    }

    private nonisolated let place: Place
    private let programs: Programs?
    /// Holds the pipe on which the janitor waits for this process to end.
    private let janitor: Pipe?
    private var process: Process?

    private static let once = Task { try await makeShared() }

    /// The server of this test run: that of CONTATTO_TEST_DATABASE, which must be local, or one of its own.
    package static func shared() async throws -> TestServer {
        try await once.value
    }

    /// A server of the caller's own, which may be stopped and killed.
    package static func start(settings: [String: String] = [:], tls: TLSFiles? = nil) async throws -> TestServer {
        let programs = try await Programs.find()
        var failure: any Error = Command.Failure(description: "no free port was found")
        for _ in 0..<8 {
            // Below the range from which the system itself gives out ports.
            let port = Int.random(in: 15_000..<31_000)
            let folder = "/tmp/contatto-test-\(UUID().uuidString.prefix(8).lowercased())"
            let server = try TestServer(folder: folder, port: port, programs: programs)
            do {
                try await programs.makeCluster(in: folder, port: port, settings: settings, tls: tls)
                try await server.start()
                try await server.makeRoles()
                return server
            } catch {
                failure = error
                guard server.log.contains("Address already in use") else { throw error }
            }
        }
        throw failure
    }

    private init(folder: String, port: Int, programs: Programs) throws {
        place = .own(folder: folder, port: port)
        self.programs = programs
        janitor = try Self.hireJanitor(for: folder)
    }

    private init(given: ConnectionSettings) {
        place = .given(given)
        programs = nil
        janitor = nil
    }

    /// An address for `Database`. Users: `postgres`, the superuser, and the three roles of the hub.
    package nonisolated func uri(database: String = "postgres", user: String = "postgres") -> String {
        switch place {
        case .own(let folder, let port):
            return "host=\(folder) port=\(port) dbname=\(database) user=\(user)"
        case .given(let settings):
            let kept = settings.options.filter {
                $0.keyword != "dbname" && (user == "postgres" || $0.keyword != "user")
            }
            let options = kept.map { "\($0.keyword)='\($0.value)'" } + ["dbname=\(database)"]
            return (user == "postgres" ? options : options + ["user=\(user)"]).joined(separator: " ")
        }
    }

    /// The same over TCP, for TLS and for what a network can do.
    package nonisolated func tcpURI(
        host: String = "127.0.0.1", database: String = "postgres", user: String = "postgres"
    )
        -> String
    {
        guard case .own(_, let port) = place else { return uri(database: database, user: user) }
        return "host=\(host) port=\(port) dbname=\(database) user=\(user)"
    }

    package nonisolated var port: Int? {
        guard case .own(_, let port) = place else { return nil }
        return port
    }

    /// What the server has logged since it was made.
    package nonisolated var log: String {
        guard case .own(let folder, _) = place,
            let data = FileManager.default.contents(atPath: folder + "/log")
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Starts it, again or for the first time, and returns when it takes connections.
    package func start() async throws {
        let (programs, folder) = try own()
        let deadline = ContinuousClock.now + .seconds(180)
        let probe = Database(try ConnectionSettings(uri: uri()), connections: 1, acquireTimeout: .milliseconds(500))
        while true {
            let process = try programs.launchServer(in: folder)
            self.process = process
            repeat {
                if await isUp(probe) {
                    await probe.close()
                    return
                }
            } while process.isRunning && ContinuousClock.now < deadline
            // After a kill the old backends hold the shared memory until they notice: once more, for some seconds.
            guard ContinuousClock.now < deadline,
                log.hasSuffix("still in use\n") || log.suffix(1000).contains("pre-existing")
            else {
                await probe.close()
                throw Command.Failure(description: "the test server does not start:\n\(log.suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func isUp(_ probe: Database) async -> Bool {
        do throws(DatabaseError) {
            try await probe.session { (session: borrowing Session) throws(DatabaseError) in try session.run("SELECT 1")
            }
            return true
        } catch {
            return false
        }
    }

    /// Stops it in order, cutting its connections; `immediately` as after a crash, without a checkpoint.
    package func stop(immediately: Bool = false) async throws {
        try await end(immediately ? SIGQUIT : SIGINT)
    }

    /// SIGKILL to the postmaster; its backends follow on their own.
    package func kill() async throws {
        try await end(SIGKILL)
    }

    private func end(_ signal: Int32) async throws {
        guard let process, process.isRunning else {
            throw Command.Failure(description: "the test server does not run")
        }
        guard Foundation.kill(process.processIdentifier, signal) == 0 else {
            throw Command.Failure(description: "process \(process.processIdentifier) takes no signal \(signal)")
        }
        let deadline = ContinuousClock.now + .seconds(180)
        while process.isRunning {
            guard ContinuousClock.now < deadline else {
                throw Command.Failure(description: "the test server does not stop:\n\(log.suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        self.process = nil
    }

    private func own() throws -> (Programs, String) {
        guard let programs, case .own(let folder, _) = place else {
            throw Command.Failure(description: "the server of CONTATTO_TEST_DATABASE is not the tests' to stop")
        }
        return (programs, folder)
    }

    private static func makeShared() async throws -> TestServer {
        guard let uri = ProcessInfo.processInfo.environment["CONTATTO_TEST_DATABASE"], !uri.isEmpty else {
            return try await start(settings: ["max_connections": "200"])
        }
        let settings = try ConnectionSettings(uri: uri)
        let hosts = [settings.option("host"), settings.option("hostaddr")].compactMap { $0 }
        let isLocal = hosts.allSatisfy { hosts in
            hosts.split(separator: ",").allSatisfy {
                $0.hasPrefix("/") || $0 == "localhost" || $0.hasPrefix("127.") || $0 == "::1"
            }
        }
        // Tests make and drop databases: one inherited variable must not turn them against somebody's server.
        guard isLocal else {
            throw Command.Failure(description: "CONTATTO_TEST_DATABASE names a host that is not this machine: refused")
        }
        let server = TestServer(given: settings)
        try await server.makeRoles()
        return server
    }

    /// The three roles of the hub belong to the server, not to a database, so they are made once.
    private func makeRoles() async throws {
        let database = Database(try ConnectionSettings(uri: uri()), connections: 1)
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                DO $roles$ BEGIN
                  IF to_regrole('contatto_owner') IS NULL THEN CREATE ROLE contatto_owner LOGIN NOBYPASSRLS; END IF;
                  IF to_regrole('contatto_hub') IS NULL THEN CREATE ROLE contatto_hub LOGIN NOBYPASSRLS; END IF;
                  IF to_regrole('contatto_search') IS NULL THEN CREATE ROLE contatto_search NOLOGIN BYPASSRLS; END IF;
                  GRANT contatto_search TO contatto_owner;
                END $roles$
                """)
        }
        await database.close()
    }

    /// A process that waits for the end of this one, be it a crash, and then removes the server and its folder.
    private static func hireJanitor(for folder: String) throws -> Pipe {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            cat >/dev/null
            pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
            if [ -n "$pid" ]; then
              kill -QUIT "$pid" 2>/dev/null
              for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
            fi
            rm -rf "$0"
            """,
            folder,
        ]
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The janitor waits until nobody holds this end: the server, and whatever else is started, must not inherit it.
        guard fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw Command.Failure(description: "the pipe to the janitor cannot be kept from other processes")
        }
        return pipe
    }
}
