/// An identifier as one interaction shows it.
package struct ShownIdentifier: Hashable, Sendable {
    package let identifier: Identifier
    package let standing: Standing
    package var assurance: Assurance { standing.assurance }

    package init(_ identifier: Identifier, _ assurance: Assurance) {
        self.init(identifier, standing: Standing(assurance))
    }

    package init(_ identifier: Identifier, standing: Standing) {
        self.identifier = identifier
        self.standing = standing
    }
}

/// What an interaction shows of its customer: identifiers, identifying attributes, and the period if a value
/// changes hands. Content only; its id is given by the workspace's ``ContentKey``.
///
/// A class, because nearly all traffic shows a facet that was shown before: the reader hands out one object for
/// equal input, and who computes ids from it remembers them by the object.
package final class FacetContent: Sendable {
    /// In canonical order (byte of the standing, then identifier); an identifier shown twice stands once, at its
    /// highest assurance.
    package let identifiers: [ShownIdentifier]
    /// Sorted by bytes; names are `name`, `birth_date`, `company`, `address.city|country|postcode|street`.
    package let attributes: [Attribute]
    /// Present if, and only if, one of the identifiers is of a kind that changes hands.
    package let period: Period?

    /// One identifying attribute, folded.
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Takes what is in canonical order already; everything from outside goes through
    /// ``FacetContent/showing(_:attributes:at:)``.
    package init(canonical identifiers: [ShownIdentifier], attributes: [Attribute], period: Period?) {
        self.identifiers = identifiers
        self.attributes = attributes
        self.period = period
    }

    /// The content of a stored facet: its identifiers and attributes in whatever order they were found.
    package static func stored(
        _ identifiers: [ShownIdentifier], attributes: [Attribute], period: Period?
    ) -> FacetContent {
        FacetContent(
            canonical: identifiers.sorted(by: CanonicalBytes.precedes),
            attributes: attributes.sorted(by: CanonicalBytes.precedes), period: period)
    }

    package subscript(_ attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }
}

/// Something that happened between one customer and the company, normalised and checked, as it goes to the intake.
///
/// Once stored it never changes. A correction is a new interaction that names the old one.
package struct Interaction: Sendable {
    /// Name of the source it came from; empty = the batch's own.
    package var source: String
    /// `email`, `chat`, `forum`, `ticket`, `web`, `store`, …: lower-case letters, digits and `_`.
    package var channel: String
    package var kind: String
    package var direction: Direction
    /// Id at the source.
    package var id: String
    /// Which customer of it; empty where there is one.
    package var customer: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var occurredAt: Int64
    package var facet: FacetContent
    /// Trait name → canonical JSON of the value, sorted by name.
    package var traits: [Trait]
    /// Thread at the source, or nil.
    package var thread: String?
    /// Threads at the source that are one, as far as this interaction tells.
    package var links: [ThreadLink]
    package var message: Message?
    package var amount: Money?
    /// JSON object: everything else that is stored (kind, stated time, detail, touch, place, corrects, display
    /// attributes, flags), valid UTF-8 without U+0000.
    package var body: [UInt8]

    package init(
        source: String = "", channel: String, kind: String = "interaction", direction: Direction = .inbound,
        id: String, customer: String = "", occurredAt: Int64, facet: FacetContent, traits: [Trait] = [],
        thread: String? = nil, links: [ThreadLink] = [], message: Message? = nil, amount: Money? = nil,
        body: [UInt8] = Array("{}".utf8)
    ) {
        self.source = source
        self.channel = channel
        self.kind = kind
        self.direction = direction
        self.id = id
        self.customer = customer
        self.occurredAt = occurredAt
        self.facet = facet
        self.traits = traits
        self.thread = thread
        self.links = links
        self.message = message
        self.amount = amount
        self.body = body
    }

    /// The key of ``body`` that stands, false, where nobody waits for an answer although the interaction came in: a program
    /// wrote it, it reports on another, or it went to many who are to read it. Without the key, what came in awaits one.
    package static let awaitsAnswerKey = "awaits_answer"

    package enum Direction: Int16, Sendable { case inbound = 0, outbound = 1 }

    /// Two names of one thread at a source. What is connected by such pairs is one thread, in whatever order they come.
    package struct ThreadLink: Hashable, Sendable {
        package let thread: String
        package let next: String
        package init(_ thread: String, _ next: String) {
            self.thread = thread
            self.next = next
        }
    }

    package struct Trait: Hashable, Sendable {
        package let name: String
        package let value: [UInt8]
        package init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// What was said; one message may stand behind several interactions of one source.
    package struct Message: Sendable {
        /// Id at the source; nil = the interaction's own id.
        package var id: String?
        package var subject: String?
        package var text: String
        /// The bytes as they came, for channels whose originals are kept (email, ticket, chat).
        package var original: [UInt8]?
        package init(id: String?, subject: String?, text: String, original: [UInt8]? = nil) {
            self.id = id
            self.subject = subject
            self.text = text
            self.original = original
        }
    }

    package struct Money: Hashable, Sendable {
        package var minor: Int64
        /// ISO 4217, three upper-case letters.
        package var currency: String
        package init(minor: Int64, currency: String) {
            self.minor = minor
            self.currency = currency
        }
    }
}
