internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Testing

@testable internal import Cluster

/// Folders that cannot be used, and what the person is told to do.
@Suite(.serialized) struct FolderTests {
    private func settingsError(_ folder: String) async throws -> String {
        do {
            let cluster = try await EmbeddedCluster.open(folder, .attached)
            try await cluster.close()
        } catch ClusterError.settings(let message) {
            return message
        }
        Issue.record("it was opened")
        return ""
    }

    @Test(arguments: [("14", "pg_dumpall"), ("99", "postgresql-99")])
    func `a cluster of another PostgreSQL is left alone, and the way out told`(version: String, way: String)
        async throws
    {
        try await Place.with { place in
            try await EmbeddedCluster.open(place.data, .attached).close()
            let file = URL(fileURLWithPath: place.data + "/cluster/PG_VERSION")
            try Data("\(version)\n".utf8).write(to: file)
            let message = try await settingsError(place.data)
            #expect(message.contains("PostgreSQL \(version)") && message.contains(way))
            #expect(try place.postmaster() == nil)
        }
    }

    @Test func `a path too long for a socket, or with a comma, gets its socket elsewhere, where all find it`()
        async throws
    {
        try await Place.with { place in
            let long = place.data + "/" + String(repeating: "lunga cartella 'd\"oggi'/", count: 5)
            for data in [long, place.data + "/uno,due"] {
                let cluster = try await EmbeddedCluster.open(data, .attached)
                let folder = try ClusterFolder.prepare(data)
                #expect(folder.socketFolder.hasPrefix("/tmp/contatto-") && folder.socket.utf8.count <= 107)
                #expect(try attributes(folder.socketFolder).rights == 0o700)
                let other = try await EmbeddedCluster.open(
                    data + "/../" + (data as NSString).lastPathComponent, .attached)
                #expect(try await other.identity == cluster.identity)
                try await other.close()
                try await cluster.close()
                #expect(try place.postmaster(data) == nil)
                #expect(!FileManager.default.fileExists(atPath: folder.socketFolder))
            }
        }
    }

    @Test func `a folder in /tmp that somebody else made is not used for the socket`() async throws {
        try await Place.with { place in
            let data = place.data + "/uno,due"
            let folder = try ClusterFolder.prepare(data)
            try FileManager.default.createDirectory(
                atPath: folder.socketFolder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o777])
            let path = folder.socketFolder
            let message = try await settingsError(data)
            #expect(message.contains(path) && message.contains("0700"))
            // The stop, which found nothing to stop, may have taken it away.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a folder the unprivileged user cannot reach is refused with the remedy`()
        async throws
    {
        try await Place.with { place in
            let closed = place.parent + "/closed"
            try FileManager.default.createDirectory(
                atPath: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let message = try await settingsError(closed + "/data")
            #expect(message.contains("cannot write in") && message.contains("chmod o+x"))
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a folder of root's with other things in it is not taken over`()
        async throws
    {
        try await Place.with { place in
            let file = place.parent + "/important"
            try Data("x".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try await settingsError(place.parent).contains("belongs to root"))
            #expect(try attributes(place.parent).owner == "root")
            #expect(try await settingsError(file).contains("is not a folder"))
        }
    }

    @Test(arguments: ["\n", "\u{7}", "\u{7F}", "\u{9B}"])
    func `a control character in the path is refused before anything is made`(character: String) async throws {
        try await Place.with { place in
            let message = try await settingsError(place.data + character + "x/data")
            #expect(message.contains("control character") && !message.contains(character))
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.parent).isEmpty)
        }
    }

    @Test func `what is no cluster is not overwritten`() async throws {
        try await Place.with { place in
            let folder = try ClusterFolder.prepare(place.data)
            #expect(try await folder.asOwner(["/bin/mkdir", folder.cluster]).run().status == 0)
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder.cluster + "/important"))
            #expect(try await settingsError(place.data).contains("PG_VERSION"))
            #expect(try attributes(folder.cluster + "/important").size == 1)
        }
    }

    @Test func `a log that grew long is put aside`() async throws {
        try await Place.with { place in
            let folder = try ClusterFolder.prepare(place.data)
            let long = Data(repeating: 0x78, count: (8 << 20) + 1)
            try long.write(to: URL(fileURLWithPath: folder.log))
            try await EmbeddedCluster.open(place.data, .attached).close()
            #expect(try attributes(folder.log).size < 100_000)
            #expect(try attributes(folder.log + ".old").size == long.count)
        }
    }

    @Test func `a key that others may read, of another length, or missing is refused`() async throws {
        try await Place.with { place in
            let path = place.parent + "/secret"
            func refusal() -> String {
                do throws(ClusterError) { _ = try SecretKey.read(path) } catch { return error.description }
                return ""
            }
            #expect(refusal().contains("is missing") && refusal().contains("/dev/urandom"))
            let key = (0..<32).map { UInt8($0) }
            try Data(key).write(to: URL(fileURLWithPath: path))
            #expect(unsafe chmod(path, 0o440) == 0)
            #expect(refusal().contains("chmod 400"))
            #expect(unsafe chmod(path, 0o400) == 0)
            #expect(try SecretKey.read(path) == key)
            try Data(key.dropLast()).write(to: URL(fileURLWithPath: path))
            #expect(unsafe chmod(path, 0o600) == 0)
            #expect(refusal().contains("31 bytes"))
        }
    }

    @Test func `a key that was lost is not replaced behind one's back`() async throws {
        try await Place.with { place in
            let cluster = try await EmbeddedCluster.open(place.data, .attached)
            try FileManager.default.removeItem(atPath: cluster.path + "/secret.key")
            try await cluster.close()
            let again = try await EmbeddedCluster.open(place.data, .attached)
            #expect(throws: ClusterError.self) { try again.secretKey() }
            try await again.close()
        }
    }
}
