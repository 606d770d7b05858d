/// What people remember for a customer: each kind is one thing that the next who meets him wants to know.
package enum MemoryKind: String, Sendable, CaseIterable {
    case choseBecause = "chose_because"
    case worriedAbout = "worried_about"
    case convincedBy = "convinced_by"
    case prefers
    /// By a time; open until it is kept.
    case promised
    case greetSo = "greet_so"
    case thanksDue = "thanks_due"
}

/// How a memory ends; its words stay.
package enum MemoryEnd: String, Sendable, CaseIterable {
    /// Of a promise.
    case kept
    /// Of anything else.
    case done
    /// It holds no more, or was wrong, or another one took its place.
    case outdated

    package func ends(_ kind: MemoryKind) -> Bool { self == .outdated || (self == .kept) == (kind == .promised) }
}

/// Something that somebody heard and wrote down.
package struct Memory: Hashable, Sendable {
    package struct Closing: Hashable, Sendable {
        package let end: MemoryEnd
        package let at: Int64
        package let by: String
        package let why: String

        package init(end: MemoryEnd, at: Int64, by: String, why: String) {
            self.end = end
            self.at = at
            self.by = by
            self.why = why
        }
    }

    /// Characters it may have.
    package static let mostCharacters = 2_000

    package let id: HubID
    /// What it hangs on.
    package let facet: HubID
    package let kind: MemoryKind
    package let words: String
    package let heardBy: String
    /// Microseconds since 1970, as all times here.
    package let heardAt: Int64
    /// Who wrote it: a key or a person.
    package let who: String
    package let recordedAt: Int64
    /// Of a promise: by when.
    package let dueAt: Int64?
    /// Where the words were said.
    package let interaction: HubID?
    /// Stored all the same, after a warning.
    package let isConfirmed: Bool
    /// Nil while it is open.
    package let closing: Closing?

    package init(
        id: HubID, facet: HubID, kind: MemoryKind, words: String, heardBy: String, heardAt: Int64, who: String,
        recordedAt: Int64, dueAt: Int64?, interaction: HubID?, isConfirmed: Bool, closing: Closing?
    ) {
        self.id = id
        self.facet = facet
        self.kind = kind
        self.words = words
        self.heardBy = heardBy
        self.heardAt = heardAt
        self.who = who
        self.recordedAt = recordedAt
        self.dueAt = dueAt
        self.interaction = interaction
        self.isConfirmed = isConfirmed
        self.closing = closing
    }
}
