internal import Contact
internal import HTTPTypes

/// A whole answer.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var contentType: String
    var fields: HTTPFields = [:]
    var body: [UInt8]
    /// The share of the budget that its bytes take until it is written.
    var held: BudgetShare?
    /// Those it is about, for the audit log.
    var profiles: [HubID] = []
    /// How many those are, where they are not listed.
    var answered: Int?

    init(_ status: HTTPResponse.Status = .ok, contentType: String, fields: HTTPFields = [:], _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    static func json(_ body: [UInt8], _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Answer {
        Answer(status, contentType: "application/json", fields: fields, body)
    }

    func about(_ profiles: [HubID]) -> Answer {
        var answer = self
        answer.profiles = profiles
        return answer
    }

    /// As it goes out at a moment.
    func head(at now: Int64) -> HTTPResponse {
        var head = HTTPResponse(status: status, headerFields: fields)
        head.headerFields[.date] = HTTPDate.text(now)
        // It has no body, and says nothing of the one that it saves (RFC 9110, 15.4.5).
        guard status != .notModified else { return head }
        head.headerFields[.contentType] = contentType
        head.headerFields[.contentLength] = String(body.count)
        return head
    }

    /// Stands for its bytes.
    var tag: String { "\"\(Hexadecimal.text(Array(Digest.sha256(body).prefix(16))))\"" }

    /// With a tag that stands for its bytes; without a body where whoever asks has these bytes already (RFC 9110, 8.8.3 and
    /// 13.1.2).
    func tagged(unless known: String?) -> Answer {
        guard status == .ok else { return self }
        let tag = tag
        var answer = self
        let isKnown = known?.split(separator: ",").contains { one in
            let text = one.trimmingPrefix { $0 == " " }
            return text == "*" || text == tag || text == "W/\(tag)"
        }
        if isKnown == true {
            answer = Answer(.notModified, contentType: contentType, fields: fields, []).about(profiles)
        }
        answer.fields[.eTag] = tag
        if answer.fields[.cacheControl] == nil { answer.fields[.cacheControl] = "private, no-cache" }
        return answer
    }

    init(_ problem: Problem) {
        self.init(
            problem.status, contentType: "application/problem+json", fields: problem.fields, problem.body)
    }
}
