internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Testing

@testable internal import Cluster

/// Who may start and stop the server, when several want it.
@Suite(.serialized) struct OwnershipTests {
    @Test func `commands that start at once make one cluster, prepare it one at a time, and the last stops it`()
        async throws
    {
        try await Place.with { place in
            let inside = Monitor(0)
            let clusters = try await withThrowingTaskGroup(of: EmbeddedCluster.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await EmbeddedCluster.open(place.data, .attached) { _ in
                            #expect(
                                inside.withLock {
                                    $0 += 1
                                    return $0
                                } == 1)
                            await Task.yield()
                            inside.withLock { $0 -= 1 }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let server = try #require(try place.postmaster())
            var identities: Set<String> = []
            for cluster in clusters { identities.insert(try await cluster.identity) }
            #expect(identities.count == 1)
            for cluster in clusters.dropLast() {
                try await cluster.close()
                #expect(try place.postmaster() == server)
            }
            try await clusters[3].close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `those who come while others go always find it usable`() async throws {
        try await Place.with { place in
            try await EmbeddedCluster.open(place.data, .attached).close()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<4 {
                            let cluster = try await EmbeddedCluster.open(place.data, .attached)
                            #expect(try await cluster.ask("SELECT 'up'") == "up")
                            try await cluster.close()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a second owner is refused, and told the first one's process`() async throws {
        try await Place.with { place in
            let first = try await EmbeddedCluster.open(place.data, .owned)
            let error = await #expect(throws: ClusterError.self) {
                try await EmbeddedCluster.open(place.data, .owned) { _ in Issue.record("it is not his to prepare") }
            }
            guard case .owned(let process, let message) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(process == getpid() && message.contains("process \(getpid())"))
            #expect(try await first.ask("SELECT 'up'") == "up", "the refused one stops nothing")
            try await first.close()
            try await EmbeddedCluster.open(place.data, .owned).close()
        }
    }

    @Test func `a second owner does not wait for the first one's long start`() async throws {
        try await Place.with { place in
            let (preparing, told) = AsyncStream.makeStream(of: Void.self)
            let (release, go) = AsyncStream.makeStream(of: Void.self)
            let first = Task {
                try await EmbeddedCluster.open(place.data, .owned) { _ in
                    told.yield()
                    for await _ in release { break }
                }
            }
            for await _ in preparing { break }
            let error = await #expect(throws: ClusterError.self) {
                try await EmbeddedCluster.open(place.data, .owned)
            }
            guard case .owned(getpid(), _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            go.yield()
            try await first.value.close()
        }
    }

    @Test func `a command attaches to the owner's server and neither prepares nor stops it`() async throws {
        try await Place.with { place in
            let owner = try await EmbeddedCluster.open(place.data, .owned)
            let command = try await EmbeddedCluster.open(place.data, .attached) { _ in
                Issue.record("it is the owner's to prepare")
            }
            #expect(try await command.identity == owner.identity)
            try await command.close()
            #expect(try await owner.ask("SELECT 'up'") == "up")
            try await owner.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `an owner who comes while a command works takes its server over`() async throws {
        try await Place.with { place in
            let command = try await EmbeddedCluster.open(place.data, .attached)
            let server = try place.postmaster()
            let owner = try await EmbeddedCluster.open(place.data, .owned)
            try await command.close()
            #expect(try place.postmaster() == server)
            #expect(try await owner.ask("SELECT 'up'") == "up")
            try await owner.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a server left by a killed owner is adopted`() async throws {
        try await Place.with { place in
            // Its locks are dropped without a word, as the system does for a killed process.
            var owner: EmbeddedCluster? = try await EmbeddedCluster.open(place.data, .owned)
            #expect(owner != nil)
            owner = nil
            let left = try #require(try place.postmaster())
            let next = try await EmbeddedCluster.open(place.data, .owned)
            #expect(try place.postmaster() == left)
            try await next.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `somebody's own connection keeps the last command from stopping the server`() async throws {
        try await Place.with { place in
            let command = try await EmbeddedCluster.open(place.data, .attached)
            let person = Database(try command.connection, connections: 1)
            try await person.session { (session: borrowing Session) throws(DatabaseError) in try session.run("SELECT 1")
            }
            try await command.close()
            #expect(try place.postmaster() != nil)
            await person.close()
            let next = try await EmbeddedCluster.open(place.data, .attached)
            try await next.close()
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a cancelled task still stops what it started`() async throws {
        try await Place.with { place in
            let work = Task {
                let cluster = try await EmbeddedCluster.open(place.data, .attached)
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                try await cluster.close()
            }
            try await work.value
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a preparation that fails leaves nothing running, and the way free`() async throws {
        struct Problem: Error {}
        try await Place.with { place in
            for holding in [EmbeddedCluster.Holding.attached, .owned] {
                await #expect(throws: Problem.self) {
                    try await EmbeddedCluster.open(place.data, holding) { _ in throw Problem() }
                }
                #expect(try place.postmaster() == nil)
            }
            try await EmbeddedCluster.open(place.data, .owned).close()
        }
    }
}
