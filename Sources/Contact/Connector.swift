/// What speaks a channel's protocols: it turns what its other side sends into items for the ``Intake``.
///
/// One that is spoken to over HTTP is a ``Receiver`` too. Each stands in its own folder under connectors/ and in one line
/// of Sources/Contatto/Roster.swift.
package protocol Connector: Sendable {
    /// The KIND of `contatto source add`, and the name of its folder.
    static var kind: String { get }
    /// The channel of its interactions.
    static var channel: String { get }
    /// Every setting that a source of this kind may have.
    static var keys: [SettingKey] { get }
    /// Reads the settings; what is missing or wrong is thrown, all of it at once.
    init(_ settings: SourceSettings) throws(SettingsError)
    /// What the other side needs and what is wrong, for `contatto source test`; `address` is where the hub is reached
    /// over HTTP.
    func findings(address: String) async -> [Finding]
}

/// One setting of a source, as `contatto source add KIND --set key=value` takes it.
package struct SettingKey: Sendable {
    package let name: String
    /// One line: what it is, with its unit or its default.
    package let abstract: String
    package let isRequired: Bool
    /// Sealed in the database and never shown.
    package let isSecret: Bool

    package init(_ name: String, _ abstract: String, isRequired: Bool = false, isSecret: Bool = false) {
        self.name = name
        self.abstract = abstract
        self.isRequired = isRequired
        self.isSecret = isSecret
    }
}

/// A line of `contatto source test`.
package struct Finding: Hashable, Sendable {
    package enum Weight: String, Sendable {
        /// In order.
        case good
        /// What the other side needs: an address, a key, a record.
        case needed
        /// It works, but less well than it could.
        case doubtful
        /// It cannot work so.
        case wrong
    }

    package let weight: Weight
    /// One line that says what to do, where there is something to do.
    package let text: String

    package init(_ weight: Weight, _ text: String) {
        self.weight = weight
        self.text = text
    }
}

/// What is wrong with a source's settings, in lines for whoever set them.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [String]

    package init(_ problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "; ") }
}

/// A text that is never printed: it shows as dots wherever it is described.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself, for whom it was given to.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
