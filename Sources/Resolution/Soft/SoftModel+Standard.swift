extension SoftModel {
    /// The model that is shipped: what is known in general of Italian customers' names and addresses, before a
    /// workspace has trained one on its own.
    package static let standard = SoftModel(.standard)
}

extension SoftParameters {
    /// Start values from general knowledge, in parts of a thousand where nothing else is said; the thresholds were
    /// fixed on generated records (`benchmarks --identity`).
    package static let standard = SoftParameters(
        // One in 2^17: some hundred thousand persons with a few records each.
        lambda: wholeLambda >> 17,
        // Of the people one lives with, some are customers too: half as many pairs as there are doubles.
        relatives: wholeLambda >> 18,
        shared: [
            // A son named after his father; twins; mailboxes and telephones of a family.
            SoftField.surname.name: 600_000_000, SoftField.given.name: 4_000_000, SoftField.birth.name: 10_000_000,
            SoftField.phone.name: 60_000_000,
            SoftField.email.name: 50_000_000, SoftField.number.name: 1_000, SoftField.company.name: 30_000_000,
        ],
        join: 6 * Bits.one,
        review: 0,
        agree: 2 * Bits.one,
        wide: 30,
        fields: [
            SoftField.given.name: levels(
                m: [795, 40, 40, 15, 50, 12, 15, 4, 10, 19],
                u: [6, 1, 0.6, 0.4, 2, 1.5, 2, 2, 18, 966.5]),
            SoftField.surname.name: levels(
                m: [860, 1, 25, 18, 55, 8, 5, 3, 6, 19],
                u: [0.7, 0.1, 0.3, 0.2, 1.2, 0.9, 1, 0.5, 12, 983.1]),
            SoftField.birth.name: levels(
                m: [900, 12, 48, 12, 8, 5, 15],
                u: [0.05, 0.02, 0.9, 2.2, 5.5, 14, 977.33]),
            SoftField.street.name: levels(
                m: [720, 40, 70, 30, 140],
                u: [1.5, 1.5, 1, 15, 981]),
            SoftField.locality.name: levels(
                m: [620, 40, 90, 50, 200],
                u: [1, 1, 1, 12, 985]),
            SoftField.civic.name: levels(
                m: [800, 30, 60, 110],
                u: [12, 2, 130, 856]),
            SoftField.place.name: levels(
                // City alone: exact, near, other; then the same after an exact, a near and another postcode, each
                // with no city before.
                m: [820, 80, 100, 830, 640, 60, 40, 40, 30, 12, 20, 130, 55, 8, 135].map { $0 / 3 },
                u: [15, 4, 981, 1, 0.5, 0.02, 0.3, 20, 6, 0.5, 25, 979, 9, 3, 960].map { $0 / 3 }),
            SoftField.phone.name: levels(m: [700, 5, 25, 270], u: [0.005, 0.005, 0.01, 999.98]),
            SoftField.landline.name: levels(m: [700, 10, 25, 265], u: [0.01, 0.005, 0.02, 999.965]),
            SoftField.email.name: levels(
                m: [450, 50, 60, 60, 20, 20, 340],
                u: [0.005, 0.003, 0.03, 0.25, 0.02, 6, 993.692]),
            // Numbers are given one after the other: of the customers of a small company many have nearly the same.
            SoftField.number.name: levels(m: [850, 80, 20, 50], u: [0.0005, 6, 100, 893.9995]),
            SoftField.company.name: levels(m: [650, 100, 250], u: [0.5, 0.5, 999]),
        ],
        frequencies: [
            "given": Frequencies(
                shares: CommonNames.given.mapValues { $0 * 100 }, unseen: CommonNames.unseenGiven * 100,
                collision: 6_000_000),
            "surname": Frequencies(
                shares: CommonNames.surnames.mapValues { $0 * 100 }, unseen: CommonNames.unseenSurname * 100,
                collision: 1_000_000),
            "street": Frequencies(shares: CommonPlaces.streets, unseen: 400_000, collision: 1_500_000),
            "city": Frequencies(shares: CommonPlaces.cities, unseen: 1_000_000, collision: 12_000_000),
        ])

    /// From thousandths.
    private static func levels(m: [Double], u: [Double]) -> Levels {
        Levels(m: m.map { Int(($0 * 1_000_000).rounded()) }, u: u.map { Int(($0 * 1_000_000).rounded()) })
    }
}
