internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Testing

@testable internal import Cluster

/// How a cluster comes to be, and how it comes back after whatever happened to it.
@Suite(.serialized) struct StartTests {
    @Test func `the first start makes a cluster, its socket and its key, and root runs none of it`() async throws {
        try await Place.with { place in
            var prepared = 0
            let cluster = try await EmbeddedCluster.open(place.data, .attached) { login in
                prepared += 1
                #expect(login.option("user") == "postgres")
            }
            #expect(prepared == 1)
            let folder = try ClusterFolder.prepare(place.data)
            #expect(folder.user.id != User.root)
            for (name, rights) in [("run", 0o700), ("cluster", 0o700), ("secret.key", 0o400), ("lock", 0o600)] {
                let found = try attributes("\(cluster.path)/\(name)")
                #expect(found.owner == folder.user.name && found.rights == rights, "\(name): \(found)")
            }
            #expect(try cluster.secretKey().count == 32)
            #expect(Set(try cluster.secretKey()).count > 8)
            let server = try #require(try place.postmaster())
            #expect(File.state("/proc/\(server.process)")?.st_uid == folder.user.id)
            // Away from our terminal: what Ctrl-C reaches is a group of processes.
            #expect(getpgid(server.process) != getpgrp())
            try await cluster.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `the settings are in effect`() async throws {
        try await Place.with { place in
            let cluster = try await EmbeddedCluster.open(place.data, .owned)
            let expected = [
                "listen_addresses": "", "checkpoint_timeout": "30min", "jit": "off", "fsync": "on",
                "full_page_writes": "on", "synchronous_commit": "on", "server_encoding": "UTF8",
                "wal_compression": "lz4", "max_connections": "200", "log_min_error_statement": "panic",
            ]
            for (name, value) in expected { #expect(try await cluster.ask("SHOW \(name)") == value, "\(name)") }
            #expect(try await cluster.ask("SELECT datcollate::text FROM pg_database LIMIT 1") == "C.UTF-8")
            let memory = Int64(ProcessInfo.processInfo.physicalMemory)
            let buffers = try await cluster.ask(
                "SELECT (setting::bigint * 8192)::text FROM pg_settings WHERE name = 'shared_buffers'")
            let most = ServerSettings.sharedBuffers(memory: memory)
            #expect(try #require(Int64(buffers)) <= most && Int64(buffers) ?? 0 >= 32 << 20)
            // Passwords and networks have no way in.
            #expect(try await cluster.ask("SELECT count(*)::text FROM pg_hba_file_rules") == "1")
            #expect(try await cluster.ask("SELECT auth_method FROM pg_hba_file_rules") == "peer")
            try await cluster.close()
        }
    }

    @Test func `memory and disk are used by their share, between a floor and a ceiling`() {
        let gigabyte: Int64 = 1 << 30
        #expect(ServerSettings.sharedBuffers(memory: 4 * gigabyte) == gigabyte)
        #expect(ServerSettings.sharedBuffers(memory: 256 * gigabyte) == 8 * gigabyte)
        #expect(ServerSettings.sharedBuffers(memory: gigabyte / 16) == gigabyte / 32)
        #expect(ServerSettings.maximalWAL(disk: 20 * gigabyte) == 2 * gigabyte)
        #expect(ServerSettings.maximalWAL(disk: 1000 * gigabyte) == 8 * gigabyte)
        #expect(ServerSettings.maximalWAL(disk: 0) == 96 << 20)
    }

    @Test func `a second start finds everything as it was`() async throws {
        try await Place.with { place in
            let first = try await EmbeddedCluster.open(place.data, .attached)
            let (identity, key) = (try await first.identity, try first.secretKey())
            try await first.run("CREATE TABLE kept AS SELECT 'here' AS word")
            try await first.close()
            let second = try await EmbeddedCluster.open(place.data, .owned)
            #expect(try await second.identity == identity)
            #expect(try second.secretKey() == key)
            #expect(try await second.ask("SELECT word FROM kept") == "here")
            try await second.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `after a kill of the server the next start recovers what was committed`() async throws {
        try await Place.with { place in
            let cluster = try await EmbeddedCluster.open(place.data, .owned)
            try await cluster.run("CREATE TABLE kept AS SELECT 'here' AS word")
            // A backend that computes does not see that its server is gone, and goes on holding its memory.
            let busy = Database(try cluster.connection, connections: 1)
            let work = Task {
                try await busy.session { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("DO $$ BEGIN LOOP END LOOP; END $$")
                }
            }
            #expect(
                try await eventually {
                    try await cluster.ask(
                        "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'DO %'")
                        == "1"
                })
            let killed = try #require(try place.postmaster())
            killed.send(SIGKILL)
            #expect(try await eventually { try place.postmaster() == nil })
            let next = try await EmbeddedCluster.open(place.data, .attached)
            #expect(try #require(try place.postmaster()).process != killed.process)
            #expect(try await next.ask("SELECT word FROM kept") == "here")
            #expect(try String(contentsOfFile: cluster.path + "/log", encoding: .utf8).contains("was interrupted"))
            _ = await work.result
            await busy.close()
            try await next.close()
            #expect(try place.postmaster() != nil, "it is the owner's")
            try await cluster.close()
        }
    }

    @Test func `the owner's server that dies is started again while he works`() async throws {
        try await Place.with { place in
            let cluster = try await EmbeddedCluster.open(place.data, .owned)
            let keeper = Task {
                await cluster.keepRunning { if case .failure(let error) = $0 { Issue.record(error) } }
            }
            let killed = try #require(try place.postmaster())
            killed.send(SIGKILL)
            #expect(
                try await eventually {
                    let now = try place.postmaster()
                    return now?.status == .ready && now?.process != killed.process
                })
            #expect(try await cluster.ask("SELECT 'up'") == "up")
            keeper.cancel()
            await keeper.value
            try await cluster.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a first start that was cut off is begun again`() async throws {
        try await Place.with { place in
            // In the middle of initdb: some files, no version yet in the right place.
            let folder = try ClusterFolder.prepare(place.data)
            let half = place.data + "/cluster.new-7"
            for path in [half, half + "/base", folder.cluster] {
                #expect(try await folder.asOwner(["/bin/mkdir", path]).run().status == 0)
            }
            try Data("15\n".utf8).write(to: URL(fileURLWithPath: half + "/PG_VERSION"))
            let cluster = try await EmbeddedCluster.open(place.data, .attached)
            #expect(try await cluster.ask("SELECT 'up'") == "up")
            #expect(!FileManager.default.fileExists(atPath: half))
            try await cluster.close()
            // After initdb, before the first start: nothing was configured yet.
            try FileManager.default.removeItem(atPath: folder.cluster + "/pg_hba.conf")
            try FileManager.default.removeItem(atPath: folder.cluster + "/postgresql.conf")
            let again = try await EmbeddedCluster.open(place.data, .attached)
            #expect(try await again.ask("SELECT 'up'") == "up")
            try await again.close()
        }
    }

    @Test func `initdb that is killed leaves nothing that the next start cannot use`() async throws {
        try await Place.with { place in
            let opening = Task { try await EmbeddedCluster.open(place.data, .attached) }
            // As soon as it has begun to write.
            #expect(
                try await eventually {
                    let half = (File.names(in: place.data) ?? []).first { $0.hasPrefix("cluster.new-") }
                    guard let half else { return false }
                    return File.state("\(place.data)/\(half)/PG_VERSION") != nil
                })
            for name in File.names(in: "/proc") ?? [] {
                guard let line = File.text("/proc/\(name)/cmdline"), line.contains(place.parent),
                    line.contains("initdb"), let process = pid_t(name)
                else { continue }
                kill(process, SIGKILL)
            }
            await #expect(throws: ClusterError.self) { try await opening.value }
            #expect(File.state(place.data + "/cluster") == nil)
            let cluster = try await EmbeddedCluster.open(place.data, .attached)
            #expect(try await cluster.ask("SELECT 'up'") == "up")
            try await cluster.close()
        }
    }

    @Test func `an opening that is cancelled ends initdb and the server, and says no more than that`() async throws {
        try await Place.with { place in
            for isMade in [false, true] {
                let opening = Task { try await EmbeddedCluster.open(place.data, .owned) }
                #expect(
                    try await eventually {
                        // The server's file, before it is ready; initdb's folder.
                        let names = File.names(in: place.data + (isMade ? "/cluster" : "")) ?? []
                        return names.contains { $0 == "postmaster.pid" || $0.hasPrefix("cluster.new-") }
                    })
                opening.cancel()
                await #expect(throws: CancellationError.self) { try await opening.value }
                #expect(try place.postmaster() == nil)
                #expect(File.names(in: place.data)?.contains { $0.hasPrefix("cluster.new-") } == false)
                // One for the second round to find.
                if !isMade { try await EmbeddedCluster.open(place.data, .attached).close() }
            }
        }
    }

    @Test func `a file of a dead server whose number another process has is no obstacle`() async throws {
        try await Place.with { place in
            // Any user but root may own the folder.
            let user = try #require(User.named("games"))
            try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: false)
            #expect(unsafe chown(place.data, user.id, user.group) == 0)
            let folder = try ClusterFolder.prepare(place.data)
            #expect(folder.user == user)
            try await EmbeddedCluster.open(place.data, .attached).close()
            let null = unsafe open("/dev/null", O_RDWR)
            let other = try await folder.asOwner(["/bin/sleep", "600"]).launch(output: null)
            close(null)
            let file = "\(other.process)\n\(folder.cluster)\n1700000000\n5432\n\(folder.path)/run\n\n  1  1\nready   \n"
            try Data(file.utf8).write(to: URL(fileURLWithPath: folder.cluster + "/postmaster.pid"))
            let cluster = try await EmbeddedCluster.open(place.data, .attached)
            #expect(try await cluster.ask("SELECT 'up'") == "up")
            try await cluster.close()
            #expect(other.status == nil, "nobody else's process is ended")
            kill(other.process, SIGKILL)
        }
    }
}
