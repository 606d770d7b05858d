import Foundation
import Testing

@testable import Contact

@Suite struct DisclosureTests {
    /// The table that was written by hand: kind, assurance and touchpoint to a letter.
    private static func byHand() throws -> [String: Character] {
        let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let text = try String(contentsOfFile: folder + "/Fixtures/disclosure.txt", encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
        let touchpoints = lines[0].dropFirst(2)
        var cells: [String: Character] = [:]
        for line in lines.dropFirst() {
            for (touchpoint, letter) in zip(touchpoints, line.dropFirst(2)) {
                cells["\(line[0]) \(line[1]) \(touchpoint)"] = letter.first
            }
        }
        return cells
    }

    @Test func `each cell of kind, assurance and touchpoint is as the list by hand has it`() throws {
        let byHand = try Self.byHand()
        let letters: [DisclosureLevel: Character] = [
            .nothing: "-", .welcomeBack: "w", .nameAndTone: "n", .openMatters: "o", .all: "a",
        ]
        var count = 0
        for kind in IdentifierKind.all {
            for assurance in Assurance.allCases {
                for touchpoint in Touchpoint.allCases {
                    let (rule, isOwn) = DisclosureTable().cell(kind, assurance, touchpoint)
                    let name = "\(kind.name) \(assurance.name) \(touchpoint.rawValue)"
                    #expect(byHand[name] == letters[rule.level], "\(name)")
                    #expect(rule.needsConsent == (byHand[name] == "w") && !isOwn, "\(name)")
                    count += 1
                }
            }
        }
        #expect(count == byHand.count && count == 16 * 3 * 8)
    }

    @Test func `a workspace's own lines go before, and of them the one that names more`() {
        let table = DisclosureTable([
            DisclosureRule(nil, .verified, .web, .nameAndTone),
            DisclosureRule(.phone, .presented, .phone, .openMatters),
            DisclosureRule(.phone, nil, .phone, .nothing), DisclosureRule(.cookie, nil, nil, .nothing),
        ])
        #expect(table.cell(.email, .verified, .web).rule.level == .nameAndTone)
        #expect(table.cell(.email, .verified, .web).isOwn)
        #expect(table.cell(.email, .verified, .chat).rule.level == .openMatters)
        #expect(table.cell(.phone, .presented, .phone).rule.level == .openMatters)
        #expect(table.cell(.phone, .verified, .phone).rule.level == .nothing)
        #expect(table.cell(.cookie, .presented, .web).rule.level == .nothing)
    }

    // Who is meant.

    private static let (anna, bruno) = (HubID(high: 1, low: 1), HubID(high: 2, low: 2))
    private static let now = Period(number: 4_053)

    private static func ask(
        _ kind: IdentifierKind, _ assurance: Assurance, _ level: DisclosureLevel, needsConsent: Bool = false
    ) -> RecognitionAsk {
        RecognitionAsk(
            Identifier(kind: kind, scope: kind.scope == nil ? "" : "shop", canonical: "x"), assurance,
            DisclosureRule(kind, assurance, .web, level, needsConsent: needsConsent))
    }

    private static func holder(
        _ profile: HubID, _ standing: Standing, _ period: Int16? = nil, isCustomer: Bool = true
    ) -> Recognition.Holder {
        Recognition.Holder(
            profile: profile, standing: standing, period: period.map { Period(number: $0) }, isCustomer: isCustomer)
    }

    private static func choose(_ asks: [RecognitionAsk], _ holders: [[Recognition.Holder]]) -> HubID? {
        Recognition.choose(asks, holders, gap: { $0.gap == nil || $0 == .card ? nil : 2 }, now: now)?.profile
    }

    @Test func `whoever only claimed a value does not hold it, and two who vouched share it`() {
        let email = Self.ask(.email, .verified, .openMatters)
        #expect(Self.choose([email], [[]]) == nil)
        #expect(Self.choose([email], [[Self.holder(Self.anna, .presented)]]) == Self.anna)
        #expect(Self.choose([email], [[Self.holder(Self.anna, .claimed)]]) == nil)
        #expect(
            Self.choose([email], [[Self.holder(Self.anna, .verified), Self.holder(Self.bruno, .claimed)]]) == Self.anna)
        #expect(
            Self.choose([email], [[Self.holder(Self.anna, .verified), Self.holder(Self.bruno, .presented)]]) == nil)
        #expect(Self.choose([email], [[Self.holder(Self.anna, .presented, isCustomer: false)]]) == nil)
    }

    @Test func `what anybody wrote under a public key counts only where nobody else shows it`() {
        let user = Self.ask(.userID, .verified, .openMatters)
        let (known, guessed) = (
            Self.holder(Self.anna, .presented), Self.holder(Self.bruno, .publiclyPresented)
        )
        #expect(Self.choose([user], [[known, guessed]]) == Self.anna)
        #expect(Self.choose([user], [[guessed]]) == Self.bruno)
        #expect(Self.choose([user], [[guessed, Self.holder(Self.anna, .publiclyPresented)]]) == nil)
    }

    @Test func `a number that was handed on is its present holder's, and nobody's once it has been quiet for long`() {
        let phone = Self.ask(.phone, .verified, .openMatters)
        let old = Self.holder(Self.anna, .verified, 4_040)
        #expect(Self.choose([phone], [[old]]) == nil)
        #expect(Self.choose([phone], [[old, Self.holder(Self.bruno, .presented, 4_052)]]) == Self.bruno)
        #expect(Self.choose([phone], [[Self.holder(Self.anna, .verified, 4_050)]]) == Self.anna)
        #expect(Self.choose([phone], [[Self.holder(Self.anna, .verified, 4_049)]]) == nil)
        // Close in time, and not one customer: shared.
        let both = [Self.holder(Self.anna, .verified, 4_051), Self.holder(Self.bruno, .verified, 4_053)]
        #expect(Self.choose([phone], [both]) == nil)
        let card = Self.ask(.card, .verified, .openMatters)
        #expect(Self.choose([card], [[Self.holder(Self.anna, .verified, 4_000)]]) == Self.anna)
    }

    @Test func `the surest of what is shown decides, and where the surest disagree nobody is meant`() {
        let cookie = Self.ask(.cookie, .presented, .welcomeBack, needsConsent: true)
        let email = Self.ask(.email, .verified, .openMatters)
        let user = Self.ask(.userID, .verified, .nameAndTone)
        let browser = [Self.holder(Self.bruno, .publiclyPresented, 4_053)]
        let anna = [Self.holder(Self.anna, .presented)]
        #expect(Self.choose([cookie, email], [browser, anna]) == Self.anna)
        #expect(Self.choose([cookie, email], [browser, []]) == Self.bruno)
        #expect(Self.choose([email, user], [anna, [Self.holder(Self.bruno, .presented)]]) == nil)
        let choice = Recognition.choose(
            [user, email], [anna, anna], gap: { _ in nil }, now: Self.now)
        #expect(choice?.level == .openMatters && choice?.place == 1)
        #expect(Self.choose([Self.ask(.email, .claimed, .nothing)], [anna]) == nil)
    }
}
