import Contact
import Foundation
import HTTPTypes

@testable import WebConnector

/// A request as a tracker sends it, and what the connector makes of it.
struct Sent {
    /// 2026-11-21T20:53:00Z: a minute after the captured requests were sent.
    static let arrival: Int64 = 1_795_294_380_000_000

    var method = HTTPRequest.Method.post
    var path: String
    var fields: [(String, String)] = []
    var body = ""
    var remote: String?
    var arrival = Self.arrival

    static func post(_ path: String, _ body: String, fields: [(String, String)] = [], remote: String? = nil) -> Sent {
        Sent(path: path, fields: fields, body: body, remote: remote)
    }

    static func get(_ path: String, fields: [(String, String)] = []) -> Sent {
        Sent(method: .get, path: path, fields: fields)
    }

    var request: OpenRequest {
        var head = HTTPRequest(method: method, scheme: "http", authority: "hub.example", path: path)
        for (name, value) in fields { if let name = HTTPField.Name(name) { head.headerFields[name] = value } }
        let segments = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        return OpenRequest(head: head, segments: segments, body: Array(body.utf8), remote: remote, arrival: arrival)
    }
}

/// What a source made of requests, without an intake.
struct Read {
    var items: [IntakeItem] = []
    var hits: [Hit] = []
    var names: [[OpenName]] = []

    init(
        _ sent: Sent, _ settings: [String: String], isTrusted: Bool = false,
        _ family: (OpenRequest) -> [TrackedParcel]
    ) throws {
        let connector = try WebConnector(
            SourceSettings(source: "shop", values: settings, normaliser: Normaliser()))
        var reader = InteractionReader(
            InteractionReader.Settings(
                mostAssured: isTrusted ? .presented : .claimed,
                ceilings: isTrusted ? [:] : [.cookie: .presented, .device: .presented, .userID: .presented],
                isPublic: !isTrusted))
        let line = EventLine(
            settings: connector.settings, isTrusted: isTrusted, head: RequestHead(sent.request), arrival: sent.arrival)
        var place = 0
        for parcel in family(sent.request) {
            names.append(parcel.names)
            for event in parcel.events {
                defer { place += 1 }
                switch line.make(event, at: place, &reader) {
                case .item(let item): items.append(item)
                case .hit(let hit): hits.append(hit)
                }
            }
        }
    }

    init(_ sent: Sent, _ family: (OpenRequest) -> [TrackedParcel]) throws { try self.init(sent, [:], family) }

    var interactions: [Interaction] {
        items.compactMap { item in if case .success(let interaction) = item.outcome { interaction } else { nil } }
    }

    var refusals: [Refusal] {
        items.compactMap { item in if case .failure(let refusal) = item.outcome { refusal } else { nil } }
    }
}

extension Interaction {
    /// `user_id:shop/u-42`, in order.
    var shown: [String] { facet.identifiers.map(\.identifier.description).sorted() }

    func detail(_ path: String...) -> JSONValue? {
        var value = (try? JSONValue(body))?["detail"]
        for name in path { value = value?[name] }
        return value
    }
}

extension Hit {
    func detail(_ path: String...) -> JSONValue? {
        var value = try? JSONValue(body)
        for name in path { value = value?[name] }
        return value
    }
}

/// Requests of real libraries, read where they stand.
enum Captures {
    static let folder = "../shared/corpora/sdk-captures"
    static let areThere = FileManager.default.fileExists(atPath: folder)

    static func request(_ name: String) throws -> Sent {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name).http"))
        let text = String(decoding: data, as: UTF8.self)
        let parts =
            text.components(separatedBy: "\r\n\r\n").count > 1
            ? text.components(separatedBy: "\r\n\r\n") : text.components(separatedBy: "\n\n")
        let lines = parts[0].split(whereSeparator: \.isNewline)
        let words = lines[0].split(separator: " ")
        var sent = Sent(method: words[0] == "GET" ? .get : .post, path: String(words[1]))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            sent.fields.append(
                (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)))
        }
        sent.body = parts.dropFirst().joined(separator: "\n\n").trimmingCharacters(in: .whitespacesAndNewlines)
        return sent
    }
}
