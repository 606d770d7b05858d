internal import ContactTesting
internal import Foundation

/// What anybody may post under a public key about a customer whom better evidence vouches for, to the real server.
struct HostileBenchmark {
    private static let schema = "hostile"

    let posts: Int
    let bench: Bench

    func run() async throws {
        try await bench.migrate(Self.schema)
        let admin = try bench.makeSources(Self.schema)
        let site = try bench.key(["--role", "public", "--source", "shop"], Self.schema)
        let server = try HubProcess(
            bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
        let connection = try HTTPConnection(port: try server.port())
        _ = try post(Hostility.victim, connection, admin, to: "/v1/interactions?source=shop")
        let before = try page("by/email/\(Hostility.address)", connection, admin)
        guard let id = before["id"] as? String else { throw HubProcess.Unexpected("there is no victim") }
        var posted = 0
        let start = ContinuousClock.now
        while posted < posts {
            let end = min(posted + 500, posts)
            posted += try post((posted..<end).map(Hostility.line), connection, site, to: "/v1/interactions")
            guard posted == end else { throw HubProcess.Unexpected("some of the posts were refused") }
        }
        let seconds = start.duration(to: .now).inSeconds
        let after = try page(id, connection, admin)
        try server.stop()
        try await bench.drop(Self.schema)
        // Who else shows the address is listed only where it was asked for by it.
        let changed = before.keys.filter { $0 != "others" && !equal(before[$0], after[$0]) }.sorted()
        print(
            "\(posted) posted under a public key in \(Spread.rounded(seconds, digits: 1)) s, "
                + (changed.isEmpty ? "profile unchanged" : "profile CHANGED: \(changed.joined(separator: ", "))"))
    }

    /// Returns how many were accepted.
    private func post(_ lines: [String], _ connection: HTTPConnection, _ key: String, to path: String) throws -> Int {
        let fields = [("Authorization", "Bearer \(key)"), ("Content-Type", "application/x-ndjson")]
        let reply = try connection.send(
            "POST", path, fields.map { (name: $0.0, value: $0.1) }, .whole(Array(lines.joined(separator: "\n").utf8)))
        guard reply.status == 200 else { throw HubProcess.Unexpected("answered with \(reply.status): \(reply.text)") }
        return try reply.body.split(separator: 10).reduce(0) { sum, line in
            let answer = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            return sum + (answer?["accepted"] as? Int ?? 0)
        }
    }

    private func page(_ path: String, _ connection: HTTPConnection, _ key: String) throws -> [String: Any] {
        let reply = try connection.send("GET", "/v1/profiles/\(path)", [("Authorization", "Bearer \(key)")], nil)
        guard reply.status == 200 else { throw HubProcess.Unexpected("answered with \(reply.status): \(reply.text)") }
        return try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any] ?? [:]
    }

    private func equal(_ a: Any?, _ b: Any?) -> Bool {
        guard let a = a as? NSObject, let b = b as? NSObject else { return a == nil && b == nil }
        return a == b
    }
}
