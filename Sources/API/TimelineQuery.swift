internal import Contact
internal import Storage

/// What a request asks of a timeline.
struct TimelineQuery {
    /// Names of one list.
    private static let mostNames = 20

    var filter = TimelineFilter()
    var place: TimelinePlace?
    var oldestFirst = false

    init(_ query: (String) throws(Problem) -> String?) throws(Problem) {
        filter.channels = try Self.list(query, "channel")
        filter.sources = try Self.list(query, "source")
        filter.kinds = try Self.list(query, "kind")
        switch try query("direction") {
        case nil: break
        case "in": filter.isOutbound = false
        case "out": filter.isOutbound = true
        default: throw Self.invalid("direction is neither in nor out", "give in or out, or leave it out for both")
        }
        if let thread = try query("thread") {
            guard let id = HubID(thread) else {
                throw Self.invalid("thread is no id", "give the `thread` of an interaction as it came")
            }
            filter.thread = id
        }
        filter.since = try Self.time(query, "since")
        filter.until = try Self.time(query, "until")
        if let text = try query("q") {
            let words = SearchWords.words(text)
            guard !words.isEmpty, words.count <= Self.mostNames, text.utf8.count <= 500 else {
                throw Self.invalid("q holds no word, or more than \(Self.mostNames)", "give words of a message")
            }
            filter.words = words
        }
        switch try query("order") {
        case nil, "latest": break
        case "oldest": oldestFirst = true
        default:
            throw Self.invalid("order is neither latest nor oldest", "give latest or oldest as order, or leave it out")
        }
        let (before, after) = (try query("before"), try query("after"))
        guard before == nil || after == nil, oldestFirst ? before == nil : after == nil else {
            throw Self.invalid(
                "before goes with the latest first, after with the oldest first, and not both at once",
                "give the `next` of a page as before, or with order=oldest as after")
        }
        guard let cursor = before ?? after else { return }
        place = TimelinePlace(cursor: cursor)
        guard place != nil else {
            throw Problem.badRequest(
                "cursor_invalid", "The cursor cannot be used", "it is not a `next` of this hub",
                "leave it out for the first page, or give the `next` of a page as it came")
        }
    }

    private static func list(
        _ query: (String) throws(Problem) -> String?, _ name: String
    ) throws(Problem) -> [String]? {
        guard let text = try query(name) else { return nil }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 200 }), names.count <= mostNames else {
            throw invalid(
                "\(name) is empty or too long", "give one name as \(name), or several with commas between them")
        }
        return names.map { Text.storable($0) }
    }

    private static func time(
        _ query: (String) throws(Problem) -> String?, _ name: String
    ) throws(Problem) -> Int64? {
        guard let text = try query(name) else { return nil }
        guard let time = Timestamp.microseconds(text) else {
            throw invalid("\(name) is no time", "give a time as 2026-11-23T08:00:00Z")
        }
        return time
    }

    private static func invalid(_ detail: String, _ whatToDo: String) -> Problem {
        .badRequest("query_invalid", "The query cannot be used", detail, whatToDo)
    }
}
