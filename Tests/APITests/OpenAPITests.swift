import Contact
import EmailConnector
import Foundation
import HTTPTypes
import HubSchema
import Storage
import Testing
import Yams

@testable import API

/// The document that the hub serves, against the code it tells of. Whether the answers are as it says is for deploy/openapi.
@Suite struct OpenAPITests {
    private static let receiver = "/v1/sources/{name}/{path…}"
    private static let command = "/v1/subscriptions/{name}/{command}"

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// One operation of the document.
    private struct Operation {
        let method: String
        let path: String
        /// The pattern of the route that answers it.
        let route: String
        let roles: Set<String>
        /// It needs no key on the hub's own machine.
        let isOpen: Bool
    }

    private static func document() throws -> [String: Any] {
        try #require(try Yams.load(yaml: String(decoding: Schema.openAPI, as: UTF8.self)) as? [String: Any])
    }

    private static func operations() throws -> [Operation] {
        let paths = try #require(try document()["paths"] as? [String: Any])
        var operations: [Operation] = []
        for (path, item) in paths {
            let item = try #require(item as? [String: Any], "\(path)")
            for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
                guard let operation = item[method] as? [String: Any] else { continue }
                let security = operation["security"] as? [[String: Any]] ?? []
                operations.append(
                    Operation(
                        method: method.uppercased(), path: path, route: item["x-route"] as? String ?? path,
                        roles: Set(try #require(operation["x-roles"] as? [String], "\(method) \(path)")),
                        isOpen: security.contains { $0.isEmpty }))
            }
        }
        return operations
    }

    @Test func `it names the routes that there are, with the roles that may call them, and no others`() throws {
        let operations = try Self.operations()
        var named: [String: Set<String>] = [:]
        for one in operations { named["\(one.method) \(one.route)", default: []].formUnion(one.roles) }
        var routes: [String: Set<String>] = [:]
        for route in Route.all {
            // Of a receiver the methods are its own; see below.
            routes["\(route.method?.rawValue ?? "POST") \(route.pattern)"] = Set(route.roles.map(\.rawValue))
        }
        #expect(named == routes)
        for one in operations { #expect(one.roles == routes["\(one.method) \(one.route)"], "\(one)") }
        let open = Set(Route.all.filter(\.isOpenOnLoopback).map(\.pattern))
        #expect(Set(operations.filter(\.isOpen).map(\.path)) == open)
    }

    @Test func `where a route leaves the rest of the path open, it names what may stand there`() throws {
        let operations = try Self.operations()
        func rests(_ route: String, _ prefix: String) -> Set<String> {
            Set(operations.filter { $0.route == route }.map { "\($0.method) \($0.path.dropFirst(prefix.count))" })
        }
        let received = EmailConnector.routes.map { "\($0.method.rawValue) \($0.path)" }
        #expect(rests(Self.receiver, "/v1/sources/{name}/") == Set(received))
        let commands = ["pause", "resume", "test", "rotate", "drop", "replay", "retry"]
        #expect(rests(Self.command, "/v1/subscriptions/{name}/") == Set(commands.map { "POST \($0)" }))
    }

    @Test func `it names each error that the code can answer, and no others`() throws {
        let sources = Self.root.appending(path: "Sources/API")
        // Run from a build alone, without the sources, there is nothing to compare.
        guard FileManager.default.fileExists(atPath: sources.path) else { return }
        var names = Set(RefusalReason.allCases.map(\.rawValue))
        let made = /(?:Problem|badRequest)\(\s*(?:[\w.]+,\s*)?(?:inBody \? "(\w+)" : )?"(\w+)"/
        for file in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
            let text = String(decoding: try Data(contentsOf: sources.appending(path: file)), as: UTF8.self)
            for match in text.matches(of: made) {
                names.insert(String(match.2))
                if let first = match.1 { names.insert(String(first)) }
            }
        }
        let components = try #require(try Self.document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        func values(_ schema: String) throws -> [String] {
            try #require((schemas[schema] as? [String: Any])?["enum"] as? [String], "\(schema)")
        }
        #expect(Set(try values("ProblemType")) == Set(names.map { "urn:contatto:error:\($0)" }))
        #expect(try values("RefusalReason") == RefusalReason.allCases.map(\.rawValue))
        #expect(try values("IdentifierKind") == IdentifierKind.all.map(\.name))
        let event = (schemas["Event"] as? [String: Any])?["properties"] as? [String: Any]
        let types = try #require((event?["type"] as? [String: Any])?["enum"] as? [String])
        let folder = Self.root.appending(path: "schema/events").path
        let events = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(types.map { "\($0).json" }) == Set(events))
    }

    @Test func `it is what stands in the folder, and is served as YAML`() async throws {
        let folder = Self.root.appending(path: "schema/openapi")
        if FileManager.default.fileExists(atPath: folder.path) {
            var text: [UInt8] = []
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                let part = try Data(contentsOf: folder.appending(path: file))
                #expect(part.count <= 20_000, "\(file) is too long to be embedded")
                text += part
            }
            #expect(text == Schema.openAPI)
        }
        try await LiveHub.with { hub in
            let reply = try await hub.get("/openapi.yaml")
            #expect(reply.status == 200 && reply.fields["content-type"] == "application/yaml")
            #expect(reply.body == Schema.openAPI)
        }
    }
}
