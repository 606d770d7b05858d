import Contact
import Testing

@Suite struct ConsentTests {
    private static let channels = ["email", "sms", "phone"]
    private static let questions: [(ConsentPurpose, String?)] = ConsentPurpose.allCases.flatMap { purpose in
        [(purpose, nil)] + channels.map { (purpose, $0) }
    }

    /// Few facets, channels and moments, so that statements meet.
    private static func statements(_ random: inout Seeded) -> [ConsentStatement] {
        (0..<Int.random(in: 0...14, using: &random)).map { _ in
            let state = ConsentState.allCases.randomElement(using: &random) ?? .denied
            return ConsentStatement(
                id: HubID(high: random.next(), low: random.next()),
                facet: HubID(high: 0, low: UInt64.random(in: 1...4, using: &random)),
                purpose: ConsentPurpose.allCases.randomElement(using: &random) ?? .service,
                channel: Bool.random(using: &random) ? channels.randomElement(using: &random) : nil, state: state,
                basis: state == .granted ? .consent : nil, statedAt: Int64.random(in: 1...4, using: &random),
                recordedAt: 10, who: "test")
        }
    }

    /// The same in other words: of each facet what was said last, and nobody's refusal is passed over.
    private static func expected(
        _ statements: [ConsentStatement], _ purpose: ConsentPurpose, _ channel: String?
    ) -> (isRefused: Bool, id: HubID)? {
        var last: [ConsentStatement] = []
        for facet in Set(statements.map(\.facet)) {
            let own = statements.filter {
                $0.facet == facet && $0.purpose == purpose && ($0.channel == nil || $0.channel == channel)
            }
            let order = own.sorted { a, b in
                if a.statedAt != b.statedAt { return a.statedAt < b.statedAt }
                if a.state != b.state { return a.state.rawValue < b.state.rawValue }
                return a.id < b.id
            }
            if let latest = order.last { last.append(latest) }
        }
        let refusals = last.filter { $0.state != .granted }
        let counting = (refusals.isEmpty ? last : refusals).sorted { a, b in
            (a.statedAt, a.state.rawValue, a.id) < (b.statedAt, b.state.rawValue, b.id)
        }
        return counting.last.map { ($0.state != .granted, $0.id) }
    }

    @Test func `In any order, and however often, what was said comes to the same`() {
        var random = Seeded(1)
        var told = 0
        for _ in 0..<2_000 {
            let statements = Self.statements(&random)
            let again = (statements + statements.prefix(3)).shuffled(using: &random)
            let (one, other) = (Consents(statements), Consents(again))
            for (purpose, channel) in Self.questions {
                let found = one.statement(purpose, on: channel)
                #expect(found == other.statement(purpose, on: channel))
                let expected = Self.expected(statements, purpose, channel)
                #expect(found?.id == expected?.id)
                #expect(found?.state.isRefusal == expected?.isRefused)
                told += found == nil ? 0 : 1
            }
            #expect(one.standings.map(\.statement) == other.standings.map(\.statement))
        }
        #expect(told > 5_000, "the cases say too little")
    }

    @Test func `Two who are merged are refused what either refused, and have their own again when they are split`() {
        var random = Seeded(2)
        var stricter = 0
        for _ in 0..<2_000 {
            let statements = Self.statements(&random)
            let left = statements.filter { $0.facet.low <= 2 }
            let right = statements.filter { $0.facet.low > 2 }
            var merged = Consents(left)
            merged.fold(Consents(right))
            let (a, b) = (Consents(left), Consents(right))
            for (purpose, channel) in Self.questions {
                let own = [a, b].compactMap { $0.statement(purpose, on: channel) }
                let both = merged.statement(purpose, on: channel)
                #expect(both?.state.isRefusal == (own.isEmpty ? nil : own.contains { $0.state.isRefusal }))
                #expect(own.isEmpty || own.contains { $0 == both }, "neither has said it")
                if Set(own.map(\.state.isRefusal)).count == 2 { stricter += 1 }
                // Grouping is all that a merge does: taken apart, each is what it was.
                let split = Consents(statements.filter { $0.facet.low <= 2 })
                #expect(split.statement(purpose, on: channel) == a.statement(purpose, on: channel))
            }
        }
        #expect(stricter > 200, "the cases say too little")
    }

    private func said(
        _ state: ConsentState, _ purpose: ConsentPurpose, _ channel: String?, at: Int64, facet: UInt64 = 1
    ) -> ConsentStatement {
        ConsentStatement(
            id: HubID(high: UInt64(at), low: facet), facet: HubID(high: 0, low: facet), purpose: purpose,
            channel: channel, state: state, basis: .consent, statedAt: at, recordedAt: at, who: "test")
    }

    @Test func `Nothing said is not granted, and service needs no consent`() {
        let nobody = Consents()
        for purpose in ConsentPurpose.allCases {
            let permission = nobody.mayContact(for: purpose, on: "email")
            #expect(permission.isAllowed == (purpose == .service))
            #expect(permission.reason == (purpose == .service ? .serviceNeedsNone : .nothingSaid))
        }
        let refusing = Consents([said(.withdrawn, .marketing, nil, at: 1)])
        #expect(refusing.mayContact(for: .service, on: "email").isAllowed)
        #expect(refusing.mayContact(for: .marketing, on: "email").reason == .withdrawn)
        let unserved = Consents([said(.denied, .service, "phone", at: 1)])
        #expect(unserved.mayContact(for: .service, on: "phone").reason == .denied)
        #expect(unserved.mayContact(for: .service, on: "email").isAllowed)
        let shared = Consents([said(.granted, .marketing, nil, at: 1)])
        #expect(shared.mayContact(for: .marketing, on: "email", isNobodys: true).reason == .nobodys)
        #expect(shared.mayContact(for: .marketing, on: "email").reason == .granted)
    }

    @Test func `What was said last of all channels counts for each, and a channel named later goes its own way`() {
        var consents = Consents([said(.granted, .marketing, "email", at: 1), said(.denied, .marketing, nil, at: 2)])
        #expect(!consents.mayContact(for: .marketing, on: "email").isAllowed)
        consents.fold(said(.granted, .marketing, "email", at: 3))
        #expect(consents.mayContact(for: .marketing, on: "email").isAllowed)
        #expect(!consents.mayContact(for: .marketing, on: "sms").isAllowed)
        #expect(consents.standings.map(\.channel) == [nil, "email"])
        // A facet that says nothing of it takes no part.
        consents.fold(said(.granted, .analytics, nil, at: 4, facet: 2))
        #expect(consents.mayContact(for: .marketing, on: "email").isAllowed)
        // At one moment a refusal goes before what it refuses.
        let both = [said(.granted, .profiling, nil, at: 5), said(.denied, .profiling, nil, at: 5)]
        #expect(!Consents(both).mayContact(for: .profiling, on: "email").isAllowed)
        #expect(!Consents(both.reversed()).mayContact(for: .profiling, on: "email").isAllowed)
    }

    @Test func `An id is of all that a statement says`() {
        let key = ContentKey(Array(repeating: 7, count: 32))
        let one = said(.granted, .marketing, "email", at: 1)
        var other = one
        other.id = HubID(high: 9, low: 9)
        #expect(key.consent(one) == key.consent(other))
        let different = [
            said(.denied, .marketing, "email", at: 1), said(.granted, .analytics, "email", at: 1),
            said(.granted, .marketing, nil, at: 1), said(.granted, .marketing, "email", at: 2),
            said(.granted, .marketing, "email", at: 1, facet: 2),
        ]
        #expect(Set((different + [one]).map(key.consent)).count == 6)
    }

    @Test func `Words of health, faith and politics are found whole, in either language, and others are not`() {
        func topics(_ text: String) -> [String] { DelicateWords.find(in: text).map { "\($0.topic) \($0.word)" } }
        #expect(topics("È celìaca; suo figlio è DIABETICO.") == ["health celiaca", "health diabetico"])
        #expect(topics("L'ospedale, l\u{2019}ospedale") == ["health ospedale"])
        #expect(topics("Her mother is Catholic and voted yesterday") == ["faith catholic", "politics voted"])
        #expect(topics("disabilita' e disabilità") == ["health disabilita"])
        for harmless in [
            "Preferisce il martedì, dopo le 18", "He wants the oven in white", "politica di reso", "è partito ieri",
            "cancrodattilo", "", "2.000 €",
        ] {
            #expect(topics(harmless).isEmpty, "\(harmless)")
        }
    }
}
