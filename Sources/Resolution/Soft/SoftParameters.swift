internal import Contact
internal import FoundationEssentials

/// What a model consists of, as it is stored. Whole numbers throughout, so that its JSON has one spelling.
package struct SoftParameters: Codable, Hashable, Sendable {
    /// What probabilities are parts of.
    package static let whole = 1_000_000_000
    /// What ``lambda`` is a part of.
    package static let wholeLambda = 1_000_000_000_000
    /// Version of how records are read and what their blocking keys are. A model is scored by the code that knows it.
    package static let reading = 1

    /// ``reading``.
    package var reading = SoftParameters.reading
    /// The probability that two records of all are one person's, in trillionths.
    package var lambda: Int
    /// The probability that two records of all are of two persons of one household, in trillionths.
    package var relatives: Int
    /// How often two relatives have the same value, in billionths, by field; fields that are not here, those of the
    /// home, are as alike as one person's. A surname they share is spelt as one person's is.
    package var shared: [String: Int]
    /// Evidence from which two records are joined, in 1,024ths of a bit, prior included.
    package var join: Int
    /// Evidence from which a person is asked.
    package var review: Int
    /// Evidence from which a group agrees.
    package var agree: Int
    /// A blocking key that more records have is wide, and its refined forms count instead.
    package var wide: Int
    /// By ``SoftField/name``.
    package var fields: [String: Levels]
    /// By field: `given`, `surname`, `street`, `city`, `postcode`.
    package var frequencies: [String: Frequencies]

    /// The probabilities of each level, null left out, in billionths: among pairs that are one person (m), and
    /// among pairs that are not (u).
    package struct Levels: Codable, Hashable, Sendable {
        package var m: [Int]
        package var u: [Int]
    }

    /// How common values are, in billionths of all records that have one.
    package struct Frequencies: Codable, Hashable, Sendable {
        package var shares: [String: Int]
        /// For a value that is in no list; no share counts as less.
        package var unseen: Int
        /// The chance that two records that are not one person's agree by chance.
        package var collision: Int
    }

    /// The levels of a field; evenly likely where the model has none, so that they count nothing.
    func levels(_ field: SoftField) -> Levels {
        let count = field.levels.count - 1
        guard let levels = fields[field.name], levels.m.count == count, levels.u.count == count else {
            let even = [Int](repeating: Self.whole / count, count: count)
            return Levels(m: even, u: even)
        }
        return Levels(m: levels.m.map { max(1, $0) }, u: levels.u.map { max(1, $0) })
    }

    /// UTF-8, keys sorted, no space: equal parameters have equal bytes.
    package var canonicalJSON: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Integers and strings always encode.
        guard let data = try? encoder.encode(self) else { return [] }
        return Array(data)
    }

    package var contentHash: [UInt8] { Digest.sha256(canonicalJSON) }

    /// Reads a stored model.
    ///
    /// - Throws: what is not the JSON of a model, or of one that this code does not know how to score.
    package init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(SoftParameters.self, from: Data(json))
        guard reading == Self.reading else { throw SoftModelError(reading: reading) }
        for field in SoftField.allCases {
            guard let levels = fields[field.name] else { continue }
            let count = field.levels.count - 1
            guard levels.m.count == count, levels.u.count == count else { throw SoftModelError(field: field.name) }
        }
    }

    package init(
        lambda: Int, relatives: Int, shared: [String: Int], join: Int, review: Int, agree: Int, wide: Int,
        fields: [String: Levels],
        frequencies: [String: Frequencies]
    ) {
        self.lambda = lambda
        self.relatives = relatives
        self.shared = shared
        self.join = join
        self.review = review
        self.agree = agree
        self.wide = wide
        self.fields = fields
        self.frequencies = frequencies
    }
}

/// A stored model that cannot be used.
package struct SoftModelError: Error, CustomStringConvertible {
    package let description: String

    init(reading: Int) {
        description =
            "the model was made for version \(reading) of reading records, this program knows "
            + "\(SoftParameters.reading); train a new one (contatto resolver train)"
    }

    init(field: String) {
        description = "the model's field \(field) has not as many levels as this program compares; train a new one"
    }
}
