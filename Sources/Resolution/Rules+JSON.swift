internal import Contact

/// Why rules cannot be used, in a line for the person who wrote them.
package struct RulesError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension Rules {
    /// `{"degree":500,"component":5000,"kinds":{"email":{"links":"presented","tier":3,"values":1,"names":1}}}`: what is not
    /// named stays as it is in `base`; a kind that is named is changed in the keys that are given, and null takes a limit
    /// away. Unknown keys are errors.
    package init(json: [UInt8], over base: Rules = .standard) throws(RulesError) {
        let value: JSONValue
        do throws(Refusal) { value = try JSONValue(json) } catch { throw RulesError("not JSON: \(error.detail)") }
        guard let members = value.members else { throw RulesError("the rules are not a JSON object") }
        self = base
        for (name, value) in members {
            switch name {
            case "degree": degree = try Self.number(value, name, least: 1)
            case "component": component = try Self.number(value, name, least: 2)
            case "soft":
                guard let soft = value.string.flatMap(Soft.init(rawValue:)) else {
                    throw RulesError("soft is join, ask or off")
                }
                self.soft = soft
            case "kinds":
                guard let kinds = value.members else { throw RulesError("kinds is not an object") }
                for (name, value) in kinds {
                    let kind = try kind(named: name, value)
                    self.kinds[kind] = try Self.kind(value, over: self[kind], kind)
                }
            default: throw RulesError("\(name) is no rule; the rules are degree, component, soft and kinds")
            }
        }
    }

    private static func kind(_ value: JSONValue, over base: Kind, _ kind: IdentifierKind) throws(RulesError) -> Kind {
        guard let members = value.members else { throw RulesError("kinds.\(kind.fullName) is not an object") }
        var rules = base
        for (name, value) in members {
            let where_ = "kinds.\(kind.fullName).\(name)"
            switch name {
            case "spelling" where kind.isOwn: continue
            case "links":
                if value.isNull {
                    rules.links = nil
                } else {
                    guard let least = value.string.flatMap(Assurance.init(name:)), least > .claimed else {
                        throw RulesError("\(where_) is presented, verified or null: what is claimed never joins alone")
                    }
                    rules.links = least
                }
            case "exclusive":
                guard let flag = value.bool else { throw RulesError("\(where_) is not true or false") }
                rules.exclusive = flag
            case "guessable":
                guard let flag = value.bool else { throw RulesError("\(where_) is not true or false") }
                rules.guessable = flag
            case "tier": rules.tier = try number(value, where_, least: 1)
            case "values": rules.values = value.isNull ? nil : try number(value, where_, least: 1)
            case "names": rules.names = value.isNull ? nil : try number(value, where_, least: 1)
            case "gap":
                guard kind.changesHands else {
                    throw RulesError("\(where_): a value of this kind never changes hands, so it has no gap")
                }
                rules.gap = value.isNull ? nil : Int16(clamping: try number(value, where_, least: 0))
            case "blocked":
                guard let list = value.elements else { throw RulesError("\(where_) is not an array of texts") }
                rules.blocked = try list.map { (one) throws(RulesError) in
                    guard let text = one.string, !text.isEmpty else {
                        throw RulesError("\(where_) holds what is no text")
                    }
                    return text
                }
            default:
                throw RulesError(
                    "\(where_) is no rule of a kind; those are links, exclusive, tier, values, names, gap, guessable and blocked"
                )
            }
        }
        return rules
    }

    private static func number(_ value: JSONValue, _ name: String, least: Int64) throws(RulesError) -> Int {
        guard let number = value.integer, number >= least, number <= 1_000_000 else {
            throw RulesError("\(name) is not a whole number from \(least)")
        }
        return Int(number)
    }

    /// All of them, as canonical JSON.
    package var json: [UInt8] {
        func optional(_ number: Int?) -> [UInt8] { number.map { JSONWriter.number(Int64($0)) } ?? Array("null".utf8) }
        let kinds = kinds.sorted { $0.key.fullName < $1.key.fullName }.map { kind, rules -> (String, [UInt8]) in
            var members = own[kind.own].map { [("spelling", JSONWriter.string($0.rawValue))] } ?? []
            members += [
                ("links", rules.links.map { JSONWriter.string($0.name) } ?? Array("null".utf8)),
                ("exclusive", JSONWriter.bool(rules.exclusive)), ("tier", JSONWriter.number(Int64(rules.tier))),
                ("values", optional(rules.values)), ("names", optional(rules.names)),
            ]
            if kind.changesHands { members.append(("gap", optional(rules.gap.map(Int.init)))) }
            members.append(("guessable", JSONWriter.bool(rules.guessable)))
            members.append(("blocked", JSONWriter.array(rules.blocked.map(JSONWriter.string))))
            return (kind.fullName, JSONWriter.object(members))
        }
        return JSONWriter.object([
            ("degree", JSONWriter.number(Int64(degree))), ("component", JSONWriter.number(Int64(component))),
            ("soft", JSONWriter.string(soft.rawValue)), ("kinds", JSONWriter.object(kinds)),
        ])
    }
}
