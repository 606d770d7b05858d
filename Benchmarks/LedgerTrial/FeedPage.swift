internal import ContactTesting
internal import Foundation

/// The journal as it is read page by page over HTTP, and as everybody must have been told it.
struct FeedPage {
    /// Reads all of it.
    static func journal(port: Int, key: String) throws -> (changes: [Told], end: Int64) {
        let connection = try HTTPConnection(port: port)
        var changes: [Told] = []
        var place = "oldest"
        while true {
            let reply = try connection.send(
                "GET", "/v1/changes?limit=1000&after=\(place)", [("Authorization", "Bearer \(key)")], nil)
            guard reply.status == 200,
                let page = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any],
                let events = page["changes"] as? [[String: Any]], let next = page["next"] as? String,
                let hasMore = page["more"] as? Bool, let end = (page["end"] as? String)?.split(separator: ".").last
            else { throw TrialFailure("no page of changes: \(reply.status) \(reply.text.prefix(300))") }
            for event in events { changes.append(try Told(event)) }
            place = next
            if !hasMore { return (changes, Int64(end) ?? 0) }
        }
    }
}
