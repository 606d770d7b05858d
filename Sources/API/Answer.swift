internal import HTTPTypes

/// A whole answer.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var contentType: String
    var fields: HTTPFields = [:]
    var body: [UInt8]

    init(_ status: HTTPResponse.Status = .ok, contentType: String, fields: HTTPFields = [:], _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    static func json(_ body: [UInt8], _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Answer {
        Answer(status, contentType: "application/json", fields: fields, body)
    }

    /// As it goes out at a moment.
    func head(at now: Int64) -> HTTPResponse {
        var head = HTTPResponse(status: status, headerFields: fields)
        head.headerFields[.contentType] = contentType
        head.headerFields[.contentLength] = String(body.count)
        head.headerFields[.date] = HTTPDate.text(now)
        return head
    }

    init(_ problem: Problem) {
        self.init(
            problem.status, contentType: "application/problem+json", fields: problem.fields, problem.body)
    }
}
