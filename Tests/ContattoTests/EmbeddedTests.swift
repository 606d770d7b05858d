import ArgumentParser
internal import Cluster
internal import ContactTesting
import Foundation
import Testing

@testable internal import Contatto

/// The commands on the database that comes with the hub: nothing configured, nothing left running.
@Suite(.serialized) struct EmbeddedTests {
    private static let line =
        #"{"id":"1","source":"shop","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#

    /// Runs a command with the embedded database of a place as its environment has it.
    private func run(
        _ arguments: [String], in place: Place, input: String = "", environment: [String: String] = [:],
        through prefix: [String] = []
    ) async throws -> Commands.Result {
        let variables = ["CONTATTO_DATABASE": "embedded:" + place.data, "CONTATTO_SCHEMA": "contatto"]
        return try await Commands.unmigrated().run(
            arguments, input: Data(input.utf8), environment: variables.merging(environment) { $1 }, through: prefix)
    }

    @Test func `the first command makes it, the next one finds what was stored, and neither leaves it running`()
        async throws
    {
        try await Place.with { place in
            let stored = try await run(["import", "interactions", "-"], in: place, input: Self.line)
            #expect(stored.output == "accepted 1, known 0, refused 0\n", "\(stored.errors)")
            #expect(stored.errors.isEmpty)
            #expect(place.server() == nil)
            let stats = try await run(["stats", "--workspace", "main"], in: place)
            #expect(stats.lines.contains { $0.split(separator: " ") == ["interactions", "1"] }, "\(stats.errors)")
            #expect(place.server() == nil)
        }
    }

    @Test func `migrate says what the first start did, and a failing command stops it too`() async throws {
        try await Place.with { place in
            let first = try await run(["migrate"], in: place)
            #expect(first.output.contains("applied v0001 workspace"), "\(first.errors)")
            #expect(first.output.contains("made workspace main"))
            #expect(try await run(["migrate"], in: place).lines.count == 1)
            #expect(try await run(["stats", "--workspace", "none"], in: place).status == 78)
            #expect(place.server() == nil)
        }
    }

    @Test func `the option goes before the environment, the environment before the file`() async throws {
        try await Place.with { place in
            let file = place.parent + "/contatto.yaml"
            try Data("database: embedded:\(place.parent)/of-file\n".utf8).write(to: URL(fileURLWithPath: file))
            let none = ["CONTATTO_DATABASE": ""]
            for (arguments, environment, made) in [
                (["stats", "--config", file], none, "of-file"),
                (["stats", "--config", file], [:], "data"),
                (["stats", "--config", file, "--database", "embedded:\(place.parent)/of-option"], [:], "of-option"),
            ] {
                let result = try await run(arguments, in: place, environment: environment)
                #expect(result.status == 0, "\(result.errors)")
                #expect(FileManager.default.fileExists(atPath: "\(place.parent)/\(made)/cluster"))
            }
            let shown = try await run(["config"], in: place, environment: none)
            #expect(shown.lines.contains { $0.split(separator: " ") == ["database", "embedded", "default"] })
        }
    }

    @Test func `two commands that make it at once both succeed`() async throws {
        try await Place.with { place in
            async let one = run(["stats"], in: place)
            async let two = run(["workspace", "list"], in: place)
            let results = try await [one, two]
            for result in results { #expect(result.status == 0, "\(result.errors)") }
            #expect(place.server() == nil)
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT, SIGHUP])
    func `a command that is killed is no obstacle for the next, and one told to end stops the server`(signal: Int32)
        async throws
    {
        try await Place.with { place in
            let input = Pipe()
            let process = Process()
            process.executableURL = Self.env
            process.arguments =
                Self.hangsUp + ["import", "interactions", "-", "--json", "--database", "embedded:" + place.data]
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            // It waits for lines that do not come, once it has the database and minds signals.
            #expect(try await eventually { minds(SIGTERM, process.processIdentifier) && place.server() != nil })
            kill(process.processIdentifier, signal)
            try #require(try await eventually { !process.isRunning })
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
            #expect((place.server() == nil) == (signal != SIGKILL))
            let next = try await run(["stats"], in: place)
            #expect(next.status == 0, "\(next.errors)")
            #expect(place.server() == nil)
            try input.fileHandleForWriting.close()
        }
    }

    /// When in a first start a signal comes.
    enum Moment: CaseIterable { case initdb, starting, migrating, migrated }

    private func has(_ moment: Moment, come place: Place) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.data)) ?? []
        return switch moment {
        case .initdb: names.contains { $0.hasPrefix("cluster.new-") }
        case .starting: names.contains("cluster")
        case .migrating: FileManager.default.fileExists(atPath: place.data + "/cluster/postmaster.pid")
        case .migrated: place.server() != nil
        }
    }

    /// PostgreSQL's programs that have a place's folder in their command line, whoever started them.
    private func programs(of place: Place) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int32($0) != nil }.compactMap { name in
            guard let line = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8) else { return nil }
            return line.contains(place.data) && (line.contains("postgres") || line.contains("initdb")) ? line : nil
        }
    }

    @Test(arguments: Moment.allCases, [("serve", SIGTERM), ("serve", SIGHUP), ("stats", SIGINT)])
    func `a signal during the first start leaves nothing running, and the next start finds its way`(
        moment: Moment, how: (command: String, signal: Int32)
    ) async throws {
        try await Place.with { place in
            let process = Process()
            process.executableURL = Self.env
            process.arguments = Self.hangsUp + [how.command, "--database", "embedded:" + place.data]
            if how.command == "serve" { process.arguments? += ["--port", "0"] }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            #expect(try await eventually { has(moment, come: place) || !process.isRunning })
            kill(process.processIdentifier, how.signal)
            try #require(try await eventually { !process.isRunning })
            // One that was done by then ended as usual.
            #expect(
                process.terminationReason == .exit
                    ? process.terminationStatus == 0 : process.terminationStatus == how.signal)
            #expect(programs(of: place).isEmpty)
            let next = try await run(["stats"], in: place)
            #expect(next.status == 0, "\(next.errors)")
            #expect(programs(of: place).isEmpty)
        }
    }

    /// Runs the binary with signals as at a terminal, however these tests were started.
    private static let env = URL(fileURLWithPath: "/usr/bin/env")
    private static let hangsUp = ["--default-signal=HUP,INT,TERM", Commands.executable.path]

    @Test func `while one process owns it, commands attach, and a second owner ends with 73`() async throws {
        try await Place.with { place in
            let options = try HubOptions.parse(["--database", "embedded:" + place.data])
            try await options.withHub("serve", holding: .owned) { hub in
                let command = try await run(["stats"], in: place)
                #expect(command.status == 0, "\(command.errors)")
                #expect(place.server() != nil)
                #expect(try hub.server.secretKey.read(environment: [:]).count == 32)
                await #expect(throws: ExitCode(73)) {
                    try await options.withHub("serve", holding: .owned) { _ in Issue.record("there are two owners") }
                }
                #expect(place.server() != nil)
            }
            #expect(place.server() == nil)
        }
    }

    @Test func `the key of a file goes before the folder's, and on a server of somebody else's there must be one`()
        async throws
    {
        try await Place.with { place in
            let file = place.parent + "/key"
            try Data(repeating: 7, count: 32).write(to: URL(fileURLWithPath: file))
            #expect(unsafe chmod(file, 0o400) == 0)
            let source = SecretKeySource(cluster: nil)
            #expect(try source.read(environment: ["CONTATTO_SECRET_KEY_FILE": file]) == Array(repeating: 7, count: 32))
            let error = #expect(throws: Ending.self) { try source.read(environment: [:]) }
            #expect(error?.status == .settings && error?.message.contains("CONTATTO_SECRET_KEY_FILE") == true)
        }
    }

    private static let setpriv = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]

    @Test(.enabled(if: geteuid() == 0)) func `without root it lives in the user's data folder`() async throws {
        try await Place.with { place in
            // A copy, because the build may lie where the other user cannot go.
            let home = place.parent + "/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.ownerAccountName: "postgres"], ofItemAtPath: home)
            let binary = place.parent + "/contatto"
            try FileManager.default.copyItem(atPath: Commands.executable.path, toPath: binary)
            let nothing = ["CONTATTO_DATABASE": "", "XDG_DATA_HOME": "", "HOME": home]
            let prefix = Self.setpriv + ["/bin/sh", "-c", #"cd / && shift && exec "$0" "$@""#, binary]
            let result = try await run(["workspace", "list"], in: place, environment: nothing, through: prefix)
            #expect(result.status == 0 && result.output.contains("main"), "\(result.errors)")
            let data = home + "/.local/share/contatto"
            #expect(FileManager.default.fileExists(atPath: data + "/secret.key"))
            #expect(place.server(data) == nil)
            // Root uses the same one, and leaves it his.
            let asRoot = ["CONTATTO_DATABASE": "embedded:" + data]
            let root = try await run(["workspace", "add", "altra"], in: place, environment: asRoot)
            #expect(root.status == 0, "\(root.errors)")
            let again = try await run(["workspace", "list"], in: place, environment: nothing, through: prefix)
            #expect(again.output.contains("altra"), "\(again.errors)")
            // Where he may not write he is told so.
            let elsewhere = ["CONTATTO_DATABASE": "embedded:\(place.parent)/x"]
            let refused = try await run(["stats"], in: place, environment: elsewhere, through: prefix)
            #expect(refused.status == 78 && refused.errors.contains("cannot be made"), "\(refused.errors)")
        }
    }

    /// Whether a process keeps the system from ending it by this signal.
    private func minds(_ signal: Int32, _ process: pid_t) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let lines = status.split(separator: "\n").filter { $0.hasPrefix("SigIgn:") || $0.hasPrefix("SigCgt:") }
        let mask = lines.reduce(UInt64(0)) {
            $0 | ($1.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0)
        }
        return mask & (1 << UInt64(signal - 1)) != 0
    }

    private func eventually(_ holds: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !holds() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
