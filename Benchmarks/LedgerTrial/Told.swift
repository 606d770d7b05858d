internal import Contact
internal import Foundation

/// One event as somebody was told it.
struct Told: Sendable {
    var id: String
    var sequence: Int64
    var type: String
    var subject: HubID?
    /// The profile whose line it stands in.
    var key: HubID?
    /// Hash of what it says apart from where an interaction belongs, which may change: the same in one process.
    let content: Int
    /// Of a merge, a split or a decision: the profiles it is about.
    let profiles: [HubID]
    /// Of an interaction.
    let facet: HubID?
    /// The partition of a topic that it lies in.
    var partition: Int32 = 0

    /// Reads a CloudEvent.
    init(_ bytes: [UInt8]) throws {
        guard let event = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw TrialFailure("no event: \(String(decoding: bytes.prefix(300), as: UTF8.self))")
        }
        try self.init(event)
    }

    init(_ event: [String: Any]) throws {
        guard event["specversion"] as? String == "1.0", let id = event["id"] as? String,
            let type = event["type"] as? String, let time = event["time"] as? String,
            let digits = event["sequence"] as? String, digits.utf8.count == 19, let sequence = Int64(digits),
            let data = event["data"] as? [String: Any]
        else { throw TrialFailure("not an event of ours: \(event)") }
        self.id = id
        self.type = type
        self.sequence = sequence
        subject = (event["subject"] as? String).flatMap { HubID($0) }
        key = (event["partitionkey"] as? String).flatMap { HubID($0) }
        facet = (data["facet"] as? String).flatMap { HubID($0) }
        var hasher = Hasher()
        hasher.combine(time)
        var profiles: [HubID] = []
        for (name, value) in data.sorted(by: { $0.key < $1.key }) {
            if facet != nil, name == "profile" || name == "version" { continue }
            hasher.combine(name)
            hasher.combine("\(value)")
            let texts = (value as? [String]) ?? (value as? String).map { [$0] } ?? []
            if facet == nil, name != "decision" { profiles += texts.compactMap { HubID($0) } }
        }
        content = hasher.finalize()
        self.profiles = Set(profiles).sorted()
    }

    /// Whether profiles became one by it, or one became several.
    var movesFacets: Bool { type == "profile.merged" || type == "profile.split" }
}

/// All that one subscriber was told, in the order in which he took it.
struct Hearing: Sendable {
    enum Way: Sendable { case webhook, stream, topic }

    let name: String
    let way: Way
    var told: [Told] = []
    /// What was not as it has to be: signatures, fields, answers.
    var faults: [String] = []
}
