internal import Contact
internal import Postgres
internal import Resolution

/// Computes the ids of batches, remembering what it computed for facets it has seen.
final class Preparation: Sendable {
    let key: ContentKey
    private let normaliser: Normaliser
    /// Of each generation, about half a kilobyte each: as many as a reader remembers.
    private static let most = 25_000
    /// By the object: the reader hands out one for equal input. It is held, so its address is not reused.
    private let facets = Monitor(RecentlyUsed<ObjectIdentifier, PreparedFacet>(most: most))

    init(key: ContentKey, normaliser: Normaliser) {
        self.key = key
        self.normaliser = normaliser
    }

    /// Computes a batch; `sources` are those of the workspace that it names, by name, and `spellings` those of its own kinds
    /// of identifiers.
    func prepare(
        _ batch: Batch, sources: [String: Sources.Source], spellings: [String: OwnSpelling] = [:]
    ) -> PreparedBatch {
        var bytes = 0
        var items: [PreparedItem] = []
        items.reserveCapacity(batch.items.count)
        for item in batch.items {
            bytes += item.raw.bytes.count + 512
            switch item.outcome {
            case .failure(let refusal):
                items.append(.refusal(refused(refusal, item.raw, source: batch.source ?? "")))
            case .success(let interaction):
                let name = interaction.source.isEmpty ? batch.source ?? "" : interaction.source
                guard let source = sources[name] else {
                    let refusal = Refusal(
                        .sourceUnknown, name.isEmpty ? "it names no source" : "there is no source of that name")
                    items.append(.refusal(refused(refusal, item.raw, source: name)))
                    continue
                }
                let facet: PreparedFacet
                do throws(Refusal) {
                    facet = try prepared(interaction.facet, spellings)
                } catch {
                    items.append(.refusal(refused(error, item.raw, source: name)))
                    continue
                }
                items.append(.interaction(prepare(interaction, facet, source, item.raw)))
            }
        }
        let cursor = batch.cursor.flatMap { step in
            sources[step.source].map { PreparedCursor(source: $0.id, step: step) }
        }
        var hits: [PreparedHit] = []
        if let source = batch.source.flatMap({ sources[$0] }) {
            for hit in batch.hits {
                bytes += hit.body.count + 256
                hits.append(
                    PreparedHit(
                        id: key.interaction(source: source.id, id: hit.id, customer: ""), source: source.id,
                        content: hit))
            }
        }
        return PreparedBatch(
            items: items, cursor: cursor, bytes: bytes, hits: hits, wantsProfiles: batch.wantsProfiles)
    }

    /// The same item, refused after all.
    func refused(_ refusal: Refusal, _ raw: RawInput, source: String) -> PreparedRefusal {
        let sha256 = raw.cut?.sha256 ?? Digest.sha256(raw.bytes)
        return PreparedRefusal(
            id: key.refusal(source: source, reason: refusal.reason, sha256: sha256), source: source, refusal: refusal,
            raw: raw, length: raw.cut?.length ?? Int64(raw.bytes.count), sha256: sha256)
    }

    private func prepare(
        _ interaction: Interaction, _ facet: PreparedFacet, _ source: Sources.Source, _ raw: RawInput
    ) -> PreparedInteraction {
        PreparedInteraction(
            id: key.interaction(source: source.id, id: interaction.id, customer: interaction.customer),
            facet: facet, source: source,
            message: interaction.message.map { key.message(source: source.id, id: $0.id ?? interaction.id) },
            thread: interaction.thread.map { key.thread(source: source.id, id: $0) },
            links: interaction.links.compactMap { link in
                PreparedThreadLink(
                    key.thread(source: source.id, id: link.thread), key.thread(source: source.id, id: link.next))
            },
            content: interaction, raw: raw)
    }

    private func prepare(_ content: FacetContent) -> PreparedFacet {
        let shown = content.identifiers.map { shown in
            PreparedFacet.Shown(
                id: key.identifier(shown.identifier), identifier: shown.identifier, standing: shown.standing,
                isRole: normaliser.isRole(shown.identifier))
        }
        return PreparedFacet(
            id: key.facet(content), content: content, shown: shown,
            attributes: JSONWriter.object(content.attributes.map { ($0.name, JSONWriter.string($0.value)) }),
            assurance: content.assurance)
    }

    /// Computed once for equal input, unless it shows what the workspace spells in its own way.
    private func prepared(
        _ content: FacetContent, _ spellings: [String: OwnSpelling]
    ) throws(Refusal) -> PreparedFacet {
        if let known = facets.withLock({ $0.find(ObjectIdentifier(content)) }) { return known }
        let fresh = prepare(try content.spelt(by: spellings))
        guard fresh.content === content else { return fresh }
        facets.withLock { $0.keep(fresh, for: ObjectIdentifier(content)) }
        return fresh
    }
}
