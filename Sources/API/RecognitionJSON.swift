internal import Contact
internal import Storage

/// What is told of somebody, each with its reason, in a fixed number of bytes.
struct RecognitionJSON {
    private static let mostMatters = 5
    private static let longestText = 120

    let asks: [RecognitionAsk]
    /// What was shown and cannot be read: its place, and why.
    let unusable: [(place: Int, detail: String)]
    let touchpoint: Touchpoint
    let known: Recognised?
    /// Nil: what is known is somebody else's.
    let choice: Recognition.Choice?
    /// The most that might have been told.
    let most: DisclosureLevel
    /// The workspace's.
    let language: String

    /// Filled up with white space to `size` bytes, which JSON allows at its end (RFC 8259, 2): the length tells nothing.
    func answer(_ size: Int) -> [UInt8] {
        var body = told(choice.map(\.level) ?? most, size)
        // Written all the same: nobody's answer takes as long as somebody's.
        if choice == nil { body = withExtendedLifetime(body) { JSONWriter.object(head(.nothing)) } }
        let rest = (body.count + size - 1) / size * size - body.count
        return body + [UInt8](repeating: 32, count: rest)
    }

    /// Within the size: fewer matters where they are long, and then less of the rest.
    private func told(_ level: DisclosureLevel, _ size: Int) -> [UInt8] {
        var (level, most) = (level, Self.mostMatters)
        var body = object(level, most)
        while body.count > size, level > .nothing {
            if most > 0 {
                most -= 1
            } else {
                level = DisclosureLevel(rawValue: level.rawValue - 1) ?? .nothing
            }
            body = object(level, most)
        }
        return body
    }

    private func head(_ level: DisclosureLevel) -> [(String, [UInt8])] {
        [
            ("disclosure", JSONWriter.string(level.name)), ("table", JSONWriter.array(asks.map(cell))),
            (
                "unusable",
                JSONWriter.array(
                    unusable.map {
                        JSONWriter.object([
                            ("identifier", JSONWriter.number(Int64($0.place))),
                            ("detail", short($0.detail)),
                        ])
                    })
            ),
        ]
    }

    private func object(_ level: DisclosureLevel, _ most: Int) -> [UInt8] {
        var members = head(level)
        guard let known, level > .nothing else { return JSONWriter.object(members) }
        members.append(("greeting", greeting(known, level)))
        guard level >= .nameAndTone else { return JSONWriter.object(members) }
        if let first = known.first {
            members.append(
                (
                    "known_since",
                    told(
                        [("at", time(first.at))],
                        "the oldest interaction that is kept, by \(first.channel) (\(first.source))")
                ))
        }
        if let name = known.name {
            members.append(
                ("name", told([("value", short(name.text))], "written by \(name.source) on \(day(name.at))")))
        }
        for trait in known.traits where trait.name != "preferred_channel" || level == .all {
            guard let text = text(trait) else { continue }
            members.append((trait.name, told([("value", short(text))], because(trait))))
        }
        guard level >= .openMatters else { return JSONWriter.object(members) }
        if let last = known.last {
            members.append(
                (
                    "last_contact",
                    told(
                        [
                            ("at", time(last.at)), ("channel", JSONWriter.string(last.channel)),
                            ("direction", JSONWriter.string(last.isOutbound ? "out" : "in")),
                        ], "the latest interaction, from \(last.source)")
                ))
        }
        let matters = Self.matters(known.recent)
        members.append(("open_matters", JSONWriter.array(matters.prefix(most).map(matter))))
        let promises = known.memories.filter { $0.kind == .promised }
        members.append(("promises", JSONWriter.array(promises.prefix(most).map(promise))))
        members.append(("more", JSONWriter.bool(matters.count > most || promises.count > most)))
        guard level == .all else { return JSONWriter.object(members) }
        members.append(("profile", JSONWriter.string(known.profile.description)))
        let greetings = known.memories.filter { $0.kind == .greetSo }
        members.append(("greet_so", JSONWriter.array(greetings.prefix(min(most, 2)).map(words))))
        return JSONWriter.object(members)
    }

    /// What the table says of what was shown, whoever it is.
    private func cell(_ ask: RecognitionAsk) -> [UInt8] {
        JSONWriter.object([
            ("kind", JSONWriter.string(ask.identifier.kind.name)),
            ("assurance", JSONWriter.string(ask.assurance.name)),
            ("touchpoint", JSONWriter.string(touchpoint.rawValue)),
            ("may", JSONWriter.string(ask.rule.level.name)), ("needs_consent", JSONWriter.bool(ask.rule.needsConsent)),
        ])
    }

    /// Threads in which the customer has the last word, and tickets that nobody has closed, the latest first.
    static func matters(_ recent: [Recognised.Contact]) -> [Recognised.Contact] {
        var seen: Set<HubID> = []
        return recent.filter { one in
            guard ["email", "chat", "forum", "ticket"].contains(one.channel), let thread = one.thread,
                seen.insert(thread).inserted
            else { return false }
            let isClosed = ["closed", "solved", "resolved"].contains { one.kind.hasSuffix(".\($0)") }
            return !isClosed && (!one.isOutbound || one.channel == "ticket")
        }
    }

    private func matter(_ one: Recognised.Contact) -> [UInt8] {
        told(
            [
                ("channel", JSONWriter.string(one.channel)), ("at", time(one.at)),
                ("subject", one.subject.map(short) ?? JSONWriter.null),
            ],
            one.isOutbound ? "the ticket is not closed" : "the customer wrote last, and nobody has answered")
    }

    private func promise(_ one: Memory) -> [UInt8] {
        told(
            [("text", short(one.words)), ("due_at", one.dueAt.map(time) ?? JSONWriter.null)],
            "promised by \(String(one.heardBy.prefix(60))) on \(day(one.heardAt))")
    }

    private func words(_ one: Memory) -> [UInt8] {
        told([("text", short(one.words))], "heard by \(String(one.heardBy.prefix(60))) on \(day(one.heardAt))")
    }

    /// Words to begin with that suit anybody: no ending that would have to guess at man or woman.
    private func greeting(_ known: Recognised, _ level: DisclosureLevel) -> [UInt8] {
        let isNamed = level >= .nameAndTone
        let stated = isNamed ? text(known.traits.first { $0.name == "language" }) : nil
        let isItalian = (stated ?? language).hasPrefix("it")
        let tone = isNamed ? text(known.traits.first { $0.name == "tone" }) : nil
        let form = tone == "tu" ? "tu" : "lei"
        var words = isItalian ? (form == "tu" ? "Che bello rivederti" : "Che piacere rivederla") : "Welcome back"
        if isNamed, let name = known.name?.text, !name.isEmpty {
            words += ", " + String(name.unicodeScalars.prefix(60))
        }
        var why = stated == nil ? "the language of the workspace" : "the language of the customer"
        if isItalian { why += tone == nil ? ", and Lei where nothing else is preferred" : ", and the preferred tone" }
        var members = [("text", JSONWriter.string(words + "!"))]
        if isItalian { members.append(("form", JSONWriter.string(form))) }
        return told(members, why)
    }

    private func told(_ members: [(String, [UInt8])], _ because: String) -> [UInt8] {
        JSONWriter.object(members + [("because", JSONWriter.string(because))])
    }

    private func because(_ trait: Recognised.Trait) -> String {
        "said by \(trait.source), \(trait.assurance.name), on \(day(trait.occurredAt))"
    }

    private func text(_ trait: Recognised.Trait?) -> String? {
        guard let trait else { return nil }
        // What a source calls its language may be anything: only a text is told.
        do throws(Refusal) { return try JSONValue(trait.value).string } catch { return nil }
    }

    private func short(_ text: String) -> [UInt8] {
        // By scalars: what is read as one letter can be of any length.
        let kept = text.unicodeScalars.prefix(Self.longestText)
        return JSONWriter.string(kept.count < text.unicodeScalars.count ? String(kept) + "…" : text)
    }

    private func time(_ moment: Int64) -> [UInt8] { JSONWriter.string(Timestamp.text(moment)) }
    private func day(_ moment: Int64) -> String { String(Timestamp.text(moment).prefix(10)) }
}
