internal import Contact
internal import ContactTesting
internal import Foundation
internal import GroundTruth

/// Whether people are found by what somebody remembers of them, and whether that takes as long among a million as among ten
/// thousand: over HTTP, one question after the other.
struct SearchBenchmark {
    private static let schema = "bench_search"
    private static let shown = 5

    /// How many people are known at each look, ascending.
    let sizes: [Int]
    let queries: Int
    let bench: Bench

    /// What is known of somebody: the values of one interaction that showed his name and his address.
    private struct Known {
        let name: String
        let email: String
        let phone: String?
    }

    private enum Way: String, CaseIterable {
        case misspeltAddress = "an address with a letter wrong"
        case beginningOfAddress = "the beginning of an address"
        case nameAndNumber = "a name with a letter wrong, and the end of a number"
        case accentedNameAndAddress = "a name with other accents and capitals, and the beginning of an address"
        case endOfNumber = "the end of a number"
    }

    func run() async throws {
        var first: Latencies?
        for size in sizes {
            let latencies = try await look(at: size)
            print(
                "  a search among \(size): median \(Latencies.text(latencies.median)), 90% \(Latencies.text(latencies.at(0.9))), "
                    + "99% \(Latencies.text(latencies.at(0.99)))")
            if let first {
                print(
                    "  by that among \(sizes[0]): median "
                        + Promise.told(latencies.median / max(first.median, 1e-9), atMost: 2)
                        + ", 90% \(Spread.rounded(latencies.at(0.9) / max(first.at(0.9), 1e-9), digits: 2))")
            } else {
                first = latencies
            }
        }
    }

    private func look(at size: Int) async throws -> Latencies {
        try await bench.migrate(Self.schema)
        try bench.contatto(["source", "add", "interactions", "--name", "shop", "--set", "channel=store"], Self.schema)
        let file = bench.folder.appendingPathComponent("people.ndjson")
        var random = SplitMix64(seed: 7)
        let known = try write(size, to: file, &random)
        let imported = try bench.contatto(
            ["import", "interactions", file.path, "--source", "shop"], Self.schema, mayRefuse: true)
        try FileManager.default.removeItem(at: file)
        let key = try bench.key(["--role", "reader"], Self.schema)
        let begun = ContinuousClock.now
        let server = try HubProcess(
            bench.contatto, ["serve", "--port", "0", "--rate", "0"], environment: bench.environment(Self.schema))
        let hub = SearchClient(port: try server.port(), key: key)
        while try hub.search("nobody at all").behind > 0 { try await Task.sleep(for: .milliseconds(500)) }
        let indexed = begun.duration(to: .now).inSeconds
        try await bench.administrate("VACUUM ANALYZE")
        print(
            "\(size) people, \(known.count) with a name and an address: imported in \(Spread.rounded(imported, digits: 0)) s, "
                + "indexed in \(Spread.rounded(indexed, digits: 0)) s")
        let sorted = known.sorted { $0.email < $1.email }
        var found: [Way: Int] = [:]
        var times: [Way: [Double]] = [:]
        let spent = try await Spent(bench, hub: server.pid)
        var number = -50
        while number < queries {
            let one = known[Int.random(in: 0..<known.count, using: &random)]
            let way = Way.allCases[(number + 50) % Way.allCases.count]
            guard let text = Self.query(one, way, sorted, &random), let wanted = try hub.profile(of: one.email)
            else {
                continue
            }
            let start = ContinuousClock.now
            let answer = try hub.search(text)
            let time = start.duration(to: .now) / .milliseconds(1)
            defer { number += 1 }
            guard number >= 0 else { continue }
            times[way, default: []].append(time)
            if answer.profiles.prefix(Self.shown).contains(wanted) { found[way, default: 0] += 1 }
        }
        let all = times.values.flatMap { $0 }
        try await spent.tell(all.count, "search")
        try server.stop()
        try await bench.drop(Self.schema)
        for way in Way.allCases {
            let latencies = Latencies(times[way, default: []])
            print(
                "  \(way.rawValue): \(found[way, default: 0]) of \(times[way, default: []].count) among the first five; "
                    + "median \(Latencies.text(latencies.median)), 90% \(Latencies.text(latencies.at(0.9)))")
        }
        let share = Double(found.values.reduce(0, +)) / Double(max(1, all.count))
        print("  all: \(Promise.told(share, atLeast: 0.95, digits: 3))")
        return Latencies(all)
    }

    /// One interaction of each person, and what it shows.
    private func write(_ size: Int, to file: URL, _ random: inout SplitMix64) throws -> [Known] {
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let output = try FileHandle(forWritingTo: file)
        var known: [Known] = []
        let records = DirtyRecords(persons: size, seed: 20)
        var seen: Set<String> = []
        var text = ""
        for (number, row) in records.rows.enumerated() {
            let (given, surname, email, phone, person) = (row[0], row[1], row[8], row[9], row[11])
            guard !given.isEmpty, !surname.isEmpty, email.contains("@"), seen.insert(person).inserted else { continue }
            // The generator's addresses are few enough to be met twice; a hub's customers have their own.
            let address = email.replacingOccurrences(of: "@", with: "\(number % 89)@")
            let hasPhone = phone.count >= 9
            known.append(Known(name: "\(given) \(surname)", email: address, phone: hasPhone ? phone : nil))
            var shown = #"{"kind":"email","value":"\#(address)","assurance":"presented"}"#
            if hasPhone { shown += #",{"kind":"phone","value":"\#(phone)","assurance":"claimed"}"# }
            text +=
                #"{"id":"s\#(number)","channel":"store","kind":"order.placed","occurred_at":"2026-10-01T10:00:00Z","#
                + #""identifiers":[\#(shown)],"attributes":{"name":"\#(given) \#(surname)"}}"# + "\n"
            if text.utf8.count > 1 << 20 {
                try output.write(contentsOf: Data(text.utf8))
                text = ""
            }
        }
        try output.write(contentsOf: Data(text.utf8))
        try output.close()
        return known
    }

    /// What is typed for somebody; nil where there is not enough of him. `all` are by address.
    ///
    /// Of an address so much is typed as tells him from all but four others: nothing finds one of six that are equal among
    /// the first five.
    private static func query(
        _ one: Known, _ way: Way, _ all: [Known], _ random: inout SplitMix64
    ) -> String? {
        let local = String(one.email.prefix { $0 != "@" })
        switch way {
        case .misspeltAddress: return misspelt(local, &random) + one.email.dropFirst(local.count)
        case .beginningOfAddress:
            return beginning(of: one, local.count > 7 ? local.count - 1 : local.count, all) { _ in true }
        case .nameAndNumber:
            guard let phone = one.phone else { return nil }
            let words = one.name.split(separator: " ").map(String.init)
            let place = Int.random(in: 0..<words.count, using: &random)
            return (words.enumerated().map { $0 == place ? misspelt($1, &random) : $1 } + [String(phone.suffix(5))])
                .joined(separator: " ")
        case .accentedNameAndAddress:
            let accented = one.name.uppercased().replacingOccurrences(of: "A", with: "À")
                .replacingOccurrences(of: "E", with: "É")
            return "\(accented) \(beginning(of: one, max(4, local.count - 2), all) { $0.name == one.name })"
        case .endOfNumber: return one.phone.map { String($0.suffix(7)) }
        }
    }

    /// So many letters of an address, or as many more as leave at most five of those who are alike.
    private static func beginning(of one: Known, _ count: Int, _ all: [Known], alike: (Known) -> Bool) -> String {
        for count in count..<one.email.count {
            let text = one.email.prefix(count)
            var (low, high) = (0, all.count)
            while low < high {
                let middle = (low + high) / 2
                if all[middle].email < text { low = middle + 1 } else { high = middle }
            }
            if all[low...].prefix(while: { $0.email.hasPrefix(text) }).lazy.filter(alike).count <= shown {
                return String(text)
            }
        }
        return one.email
    }

    /// One letter left out, put in, replaced, or swapped with the next.
    private static func misspelt(_ text: String, _ random: inout SplitMix64) -> String {
        var letters = Array(text)
        guard letters.count > 2 else { return text }
        let place = Int.random(in: 0..<letters.count - 1, using: &random)
        let other = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(Int.random(in: 0..<26, using: &random))))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: letters.remove(at: place)
        case 1: letters.insert(other, at: place)
        case 2: letters[place] = other
        default: letters.swapAt(place, place + 1)
        }
        return String(letters)
    }
}

/// Asks a hub of this machine.
private struct SearchClient {
    let port: Int
    let key: String

    func search(_ text: String) throws -> (profiles: [String], behind: Int64) {
        let answer = try get("/v1/search?q=\(Self.encoded(text))")
        guard let answer else { throw HubProcess.Unexpected("nothing answers to the search for \(text)") }
        return (
            answer["matches"]?.elements?.compactMap { $0["id"]?.string } ?? [],
            answer["indexed"]?["behind_ms"]?.integer ?? 0
        )
    }

    func profile(of email: String) throws -> String? {
        try get("/v1/profiles/by/email/\(Self.encoded(email))")?["id"]?.string
    }

    private func get(_ path: String) throws -> JSONValue? {
        let socket = try LineSocket(port: port)
        try socket.write(
            Array(
                "GET \(path) HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
        var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            answer += buffer[..<(try socket.read(into: &buffer))]
            guard let head = answer.firstRange(of: [13, 10, 13, 10]) else { continue }
            let text = String(decoding: answer[..<head.lowerBound], as: UTF8.self).lowercased()
            let field = text.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            let length = field.flatMap { Int($0.dropFirst(16)) } ?? 0
            guard answer.count - head.upperBound >= length else { continue }
            guard text.hasPrefix("http/1.1 200") else { return nil }
            return try JSONValue(Array(answer[head.upperBound...]))
        }
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x2E
                ? String(UnicodeScalar(byte)) : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
