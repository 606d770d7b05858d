/// Identifiers and identifying attributes: what is normalised, and remembered by ``FacetMemory``.
extension InteractionReader {
    func identifiers(
        _ node: Int, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> [ShownIdentifier] {
        guard tape.nodes[node].kind == .array else { throw Refusal(.malformedJSON, "identifiers is not an array") }
        var shown: [ShownIdentifier] = []
        var blocked: Refusal?
        let elements = tape.children(of: node)
        guard elements.count <= Self.mostIdentifiers else {
            throw Refusal(.tooLarge, "there are more than \(Self.mostIdentifiers) identifiers")
        }
        for element in elements {
            do throws(Refusal) {
                shown.append(try identifier(element, line))
            } catch {
                guard error.reason == .identifierBlocked else { throw error }
                blocked = error
                flags.insert(.identifierBlocked)
            }
        }
        guard shown.isEmpty else { return shown }
        throw blocked ?? Refusal(.noIdentifier, "identifiers is empty")
    }

    private func identifier(_ node: Int, _ line: Span<UInt8>) throws(Refusal) -> ShownIdentifier {
        guard tape.nodes[node].kind == .object else { throw Refusal(.malformedJSON, "an identifier is not an object") }
        let fields = try fields(Self.identifierKeys, of: node, line, within: "identifiers")
        guard let kind = try name(fields[0], "an identifier's kind", line),
            let value = try name(fields[2], "an identifier's value", line)
        else { throw Refusal(.identifierInvalid, "an identifier lacks its kind or value") }
        let scope = try name(fields[1], "an identifier's scope", line)
        let identifier = try settings.normaliser.identifier(kind: kind, scope: scope, value: value)
        // The ceiling of what it is, not of what it was called.
        let ceiling = settings.ceiling(identifier.kind)
        guard let word = try name(fields[3], "an identifier's assurance", line) else {
            return ShownIdentifier(
                identifier, standing: Standing(min(.presented, ceiling), isPublic: settings.isPublic))
        }
        guard let assurance = Assurance(name: word) else {
            throw Refusal(.malformedJSON, "an identifier's assurance is not claimed, presented or verified")
        }
        guard assurance <= ceiling else {
            throw Refusal(
                .assuranceTooHigh,
                "\(identifier.kind.name): \(assurance.name) is more than this sender may say (\(ceiling.name))")
        }
        return ShownIdentifier(identifier, standing: Standing(assurance, isPublic: settings.isPublic))
    }

    /// Folded, as they enter the facet. What is empty or null is absent.
    func attributes(
        _ node: Int?, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> [FacetContent.Attribute] {
        guard let node else { return [] }
        guard tape.nodes[node].kind == .object else { throw Refusal(.malformedJSON, "attributes is not an object") }
        let fields = try fields(Self.attributeKeys, of: node, line, within: "attributes")
        var attributes: [FacetContent.Attribute] = []
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { attributes.append(FacetContent.Attribute(name: name, value: value)) }
        }
        add("name", try attribute(fields[0], "name", line).map(PersonName.folded))
        add("company", try attribute(fields[3], "company", line).map(Text.fold))
        add("birth_date", try birthDate(fields[1], line, &flags))
        if let address = fields[2] {
            guard tape.nodes[address].kind == .object else {
                throw Refusal(.malformedJSON, "attributes.address is not an object")
            }
            let parts = try self.fields(Self.addressKeys, of: address, line, within: "attributes.address")
            for (place, part) in ["street", "city", "postcode", "country"].enumerated() {
                add("address.\(part)", try attribute(parts[place], "address.\(part)", line).map(Text.fold))
            }
        }
        return attributes
    }

    private func attribute(_ node: Int?, _ name: String, _ line: Span<UInt8>) throws(Refusal) -> String? {
        guard let node else { return nil }
        guard tape.nodes[node].kind == .string else {
            throw Refusal(.malformedJSON, "attributes.\(name) is not a string")
        }
        let text = tape.string(of: node, line)
        guard text.utf8.count <= Self.longestAttribute else {
            throw Refusal(.tooLarge, "attributes.\(name) is longer than \(Self.longestAttribute) bytes")
        }
        return text
    }

    /// Days that forms and old systems write for "unknown" are left out: they would make strangers alike.
    private func birthDate(
        _ node: Int?, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> String? {
        guard let text = try attribute(node, "birth_date", line), !text.isEmpty else { return nil }
        if text == "0000-00-00" {
            flags.insert(.birthDatePlaceholder)
            return nil
        }
        guard let date = CivilDate(Array(text.utf8).span) else {
            throw Refusal(.malformedJSON, "attributes.birth_date is not a day written YYYY-MM-DD")
        }
        guard date.year > 1_875, text != "1900-01-01", text != "1970-01-01", date.year < 2_200 else {
            flags.insert(.birthDatePlaceholder)
            return nil
        }
        return text
    }

    static let identifierKeys = FieldKeys(["kind", "scope", "value", "assurance"])
    static let attributeKeys = FieldKeys(["name", "birth_date", "address", "company"])
    static let addressKeys = FieldKeys(["street", "city", "postcode", "country"])
}
