internal import Contact
internal import Storage

/// What people write as words and times of a command.
enum Spoken {
    /// One of a few words.
    static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String, of option: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw Ending(.usage, "\(option) is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    static func moment(_ text: String, of option: String) throws -> Int64 {
        guard let moment = Timestamp.microseconds(text) else {
            throw Ending(.usage, "\(option) is a time like 2026-11-21T20:52:07+01:00")
        }
        return moment
    }

    static func id(_ text: String, of option: String) throws -> HubID {
        guard let id = HubID(text) else { throw Ending(.usage, "\(option) is an id") }
        return id
    }
}

extension Subject {
    /// Of whom something is said: by an id, or by what he showed, which also says on which of his facets it hangs.
    static func mention(_ text: String, in interaction: HubID? = nil, _ hub: Hub) async throws -> Mention {
        let id = try await id(text, hub)
        return Mention(id, showing: HubID(text) == nil ? try identifier(text, in: hub.workspace) : nil, in: interaction)
    }

    /// The only profile that a person may mean.
    static func profile(_ text: String, _ hub: Hub) async throws -> Profile {
        let found = try await profiles(try await id(text, hub).description, hub)
        guard let only = found.first else { throw Ending(.failed, "there is no profile \(text)") }
        return only
    }
}
