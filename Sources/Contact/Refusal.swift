/// Why something that came in was not stored. Closed: each is counted, and none is silent.
package enum RefusalReason: String, Sendable, CaseIterable, Error {
    case malformedJSON = "malformed_json"
    case unknownField = "unknown_field"
    case tooLarge = "too_large"
    case tooDeep = "too_deep"
    case notUTF8 = "not_utf8"
    case noIdentifier = "no_identifier"
    case identifierInvalid = "identifier_invalid"
    case identifierBlocked = "identifier_blocked"
    case timeImpossible = "time_impossible"
    case unparsableMessage = "unparsable_message"
    case sourceUnknown = "source_unknown"
    case assuranceTooHigh = "assurance_too_high"
    case expired = "expired"

    /// What the sender can do about it.
    package var whatToDo: String {
        switch self {
        case .malformedJSON: "send one JSON object a line, with the types FORMATS names"
        case .unknownField: "remove the field, put it under \"detail\", or begin its name with x_"
        case .tooLarge: "send lines of at most 1 MB and mails of at most 25 MB; put long texts into an attachment"
        case .tooDeep: "nest objects and arrays at most 32 deep"
        case .notUTF8: "send UTF-8; an id or identifier cannot be repaired without changing what it names"
        case .noIdentifier: "name at least one identifier of the customer, with kind and value"
        case .identifierInvalid: "check the identifier's kind, scope and spelling"
        case .identifierBlocked: "send an identifier that belongs to one customer, not a placeholder"
        case .timeImpossible: "send occurred_at as RFC 3339 with an offset, between 1970 and tomorrow"
        case .unparsableMessage: "send \"message\" as an object whose id, subject and text are strings"
        case .sourceUnknown: "name a source that you may speak for: in the line, with --source or ?source="
        case .assuranceTooHigh: "lower the assurance, or use a key that may vouch for it"
        case .expired: "it is older than this workspace keeps; raise the retention to store it"
        }
    }
}

/// One refused item: the typed reason, what was wrong in this very item, and the input as it came.
package struct Refusal: Error, Sendable {
    package let reason: RefusalReason
    /// What was wrong, without personal data: field names and limits, not values.
    package let detail: String

    package init(_ reason: RefusalReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
