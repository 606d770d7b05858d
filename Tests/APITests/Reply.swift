import Contact

/// An answer as it came over the wire.
struct Reply: CustomStringConvertible {
    let status: Int
    let fields: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var description: String { "\(status) \(fields) \(text)" }

    var json: JSONValue? {
        do throws(Refusal) { return try JSONValue(body) } catch { return nil }
    }

    /// The objects of an answer of lines.
    var lines: [JSONValue] {
        body.split(separator: 10).compactMap { line in
            do throws(Refusal) { return try JSONValue(Array(line)) } catch { return nil }
        }
    }

    /// The NAME of a problem.
    var problem: String? {
        guard fields["content-type"] == "application/problem+json", let type = json?["type"]?.string,
            type.hasPrefix("urn:contatto:error:"), json?["what_to_do"]?.string?.isEmpty == false,
            json?["title"]?.string != nil, json?["detail"]?.string != nil,
            json?["status"]?.integer == Int64(status)
        else { return nil }
        return String(type.dropFirst("urn:contatto:error:".count))
    }

    /// Reads the last answer of a connection that was closed; nil where there is none.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var head: [String] = []
        repeat {
            guard let end = rest.firstRange(of: [13, 10, 13, 10]) else { return nil }
            head = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
            rest = rest[end.upperBound...]
        } while head[0].hasPrefix("HTTP/1.1 100")
        guard let status = Int(head[0].split(separator: " ")[1]) else { return nil }
        self.status = status
        var fields: [String: String] = [:]
        for line in head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        self.fields = fields
        body = fields["transfer-encoding"] == "chunked" ? Self.unchunked(rest) : Array(rest)
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes
        while let end = rest.firstRange(of: [13, 10]),
            let count = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), count > 0,
            rest.endIndex >= end.upperBound + count + 2
        {
            body += rest[end.upperBound..<(end.upperBound + count)]
            rest = rest[(end.upperBound + count + 2)...]
        }
        return body
    }
}
