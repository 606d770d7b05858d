package import HTTPTypes

/// A connector whose other side is programs of others, unchanged: they know the hub by paths of their own, and say who they
/// are in ways of their own, often only in the body.
///
/// `API` mounts its routes at the root of the server without asking for a key; the connector reads the request and asks the
/// ``OpenDesk`` whose it is. Such programs throw away for ever what is answered with most of 4xx: so what cannot be read, or
/// belongs to nobody, is kept as a refusal and answered as taken.
package protocol OpenReceiver: Connector {
    static var openRoutes: [OpenRoute] { get }
    /// The names by which its senders may call a source with these settings.
    static func names(of settings: SourceSettings) -> [OpenName]
    /// Stores what a request holds, and answers once it is durable. An error of the desk is thrown on: the sender is told to
    /// come again.
    static func answer(_ request: OpenRequest, at desk: some OpenDesk) async throws -> OpenAnswer
}

/// What an ``OpenReceiver`` is given: the sources, and their intake.
package protocol OpenDesk: Sendable {
    /// The source that one of these names means: a key of the hub for a source of this kind, or what the settings of one say.
    /// The first that is known counts; nil where none is.
    func source<Kind: OpenReceiver>(_ names: [OpenName], of kind: Kind.Type) async throws -> OpenSource<Kind>?
    /// Keeps what belongs to no source, for people to look at. Throws where it cannot be kept: then it is to be sent again.
    func keep(_ raw: RawInput, because detail: String) async throws
}

/// A source, and what its sender may do.
package struct OpenSource<Kind: OpenReceiver>: Sendable {
    package let connector: Kind
    /// The sender holds a key that stands in no page: what only the company can know may be believed.
    package let isTrusted: Bool
    private let reading: @Sendable ((inout InteractionReader) -> ReadParcel) -> ReadParcel
    private let storing: @Sendable (ReadParcel) async throws -> Receipt

    package init(
        _ connector: Kind, isTrusted: Bool,
        reading: @escaping @Sendable ((inout InteractionReader) -> ReadParcel) -> ReadParcel,
        storing: @escaping @Sendable (ReadParcel) async throws -> Receipt
    ) {
        self.connector = connector
        self.isTrusted = isTrusted
        self.reading = reading
        self.storing = storing
    }

    /// Reads interactions with what the sender may vouch for.
    package func read(_ body: (inout InteractionReader) -> ReadParcel) -> ReadParcel { reading(body) }

    /// Returns once all of it is durable.
    package func accept(_ parcel: ReadParcel) async throws -> Receipt { try await storing(parcel) }
}

/// A path at the root of the server.
package struct OpenRoute: Hashable, Sendable {
    package let methods: [HTTPRequest.Method]
    /// Segments; `{}` stands for any one. A slash at the end of a request's path makes no difference.
    package let segments: [String]
    /// Bytes the body may have.
    package let mostBytes: Int

    package init(_ methods: [HTTPRequest.Method], _ path: String, mostBytes: Int = 1 << 20) {
        self.methods = methods
        segments = path.split(separator: "/").map(String.init)
        self.mostBytes = mostBytes
    }

    /// Whether a path's segments are of it.
    package func matches(_ path: [String]) -> Bool {
        path.count == segments.count && zip(segments, path).allSatisfy { $0 == "{}" ? !$1.isEmpty : $0 == $1 }
    }
}

/// How a program calls a source.
package struct OpenName: Hashable, Sendable {
    /// Whose way it is: `segment`, `matomo`, …
    package let family: String
    /// A write key, a site's number, a domain. `*` in a source's settings = any that no other source has.
    package let value: String

    package init(_ family: String, _ value: String) {
        self.family = family
        self.value = value
    }
}

/// A request as it came, read to its end and without a content coding.
package struct OpenRequest: Sendable {
    package let head: HTTPRequest
    /// Of the path, percent-decoded.
    package let segments: [String]
    package let body: [UInt8]
    /// The address it came from, as the last proxy that is trusted says; nil where that is not known.
    package let remote: String?
    /// Microseconds since 1970.
    package let arrival: Int64

    package init(head: HTTPRequest, segments: [String], body: [UInt8], remote: String?, arrival: Int64) {
        self.head = head
        self.segments = segments
        self.body = body
        self.remote = remote
        self.arrival = arrival
    }

    /// A field of the head by its name; nil where it is absent.
    package func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { head.headerFields[$0] }
    }
}

package struct OpenAnswer: Sendable {
    package var status: HTTPResponse.Status
    package var contentType: String
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(
        _ status: HTTPResponse.Status, contentType: String = "application/json", fields: HTTPFields = [:],
        _ body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }
}

/// Items for the intake, and hits that are nobody's.
package struct ReadParcel: Sendable {
    package var items: [IntakeItem]
    package var hits: [Hit]

    package init(items: [IntakeItem] = [], hits: [Hit] = []) {
        self.items = items
        self.hits = hits
    }
}

/// A visit of a page, or anything else a tracker reports, that is no customer's: of a machine, or of somebody who has not
/// agreed to be recognised. It is counted, and never joined to anybody.
package struct Hit: Sendable {
    package enum Kind: Int16, Sendable, CaseIterable {
        /// A program: a search engine's, a monitor's, a scraper's.
        case bot = 1
        /// Collects for a model or an index of one.
        case aiCrawler = 2
        /// Fetched because somebody asked an assistant just now.
        case aiFetcher = 3
        /// A person who has refused, or was not asked.
        case unrecognised = 4

        package var name: String {
            switch self {
            case .bot: "bot"
            case .aiCrawler: "ai_crawler"
            case .aiFetcher: "ai_fetcher"
            case .unrecognised: "unrecognised"
            }
        }
    }

    /// Id at the source: what comes twice is counted once.
    package let id: String
    package let kind: Kind
    /// The name of the machine, as far as it says one.
    package let agent: String?
    /// Microseconds since 1970.
    package let occurredAt: Int64
    /// A JSON object without anything that points to a person.
    package let body: [UInt8]

    package init(id: String, kind: Kind, agent: String?, occurredAt: Int64, body: [UInt8]) {
        self.id = id
        self.kind = kind
        self.agent = agent
        self.occurredAt = occurredAt
        self.body = body
    }
}
