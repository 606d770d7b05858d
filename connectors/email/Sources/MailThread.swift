internal import Contact

/// The thread of a mail, as this mail alone tells it, and which other names of it are the same.
///
/// A thread is named by a message id and the subject (``MailSubject``) under which one writes about it, so that an old mail taken
/// up for something else begins a thread; a subject alone joins nothing. A mail stands in the thread of the first mail it refers to.
/// It says that each mail it refers to is, under its subject, in that thread, and so is itself: who answers it and knows no
/// other finds the way, whichever came first. A program answers under any subject: to it, a mail is known by its id alone.
struct MailThread: Sendable {
    let text: String
    let links: [Interaction.ThreadLink]

    /// The references that are joined: the first and the last of them; some mails carry hundreds.
    private static let mostReferences = 10

    /// Of a mail that somebody wrote. `own` is its Message-ID or what stands in for it.
    init(_ headers: MailHeaders, own: String) {
        self.init(headers, own: own, subject: MailSubject(headers["subject"] ?? "").base)
    }

    private init(_ headers: MailHeaders, own: String, subject: String) {
        let references = Self.references(headers).filter { $0 != own }
        text = Self.named(references.first ?? own, subject)
        var names = [Self.named(own, nil)]
        if !references.isEmpty { names.append(Self.named(own, subject)) }
        names += references.dropFirst().suffix(Self.mostReferences).map { Self.named($0, subject) }
        let text = text
        links = names.map { Interaction.ThreadLink(text, $0) }
    }

    private init(text: String, links: [Interaction.ThreadLink]) {
        self.text = text
        self.links = links
    }

    /// Of what a program says about a mail: an automatic reply, a receipt.
    static func answering(_ headers: MailHeaders, own: String) -> MailThread {
        guard let answered = headers.messageIDs("in-reply-to").first ?? headers.messageIDs("references").last else {
            return MailThread(headers, own: own)
        }
        let id = MailIdentity.shortened(answered)
        let about = about(id, own: own)
        let subject = MailSubject(headers["subject"] ?? "")
        guard subject.isAutomatic, !subject.base.isEmpty else { return about }
        // Behind such words stands the subject of the mail that is answered.
        let root = references(headers).first ?? id
        let link = Interaction.ThreadLink(about.text, named(root, subject.base))
        return MailThread(text: about.text, links: about.links + [link])
    }

    /// Of what is said about a mail that is known by its id.
    static func about(_ id: String, own: String) -> MailThread {
        MailThread(text: named(id, nil), links: [Interaction.ThreadLink(named(id, nil), named(own, nil))])
    }

    /// Of a report that brings a mail's own fields back; nil where its id is not among them.
    static func returned(_ headers: MailHeaders, own: String) -> MailThread? {
        guard let id = MailIdentity.messageID(headers) else { return nil }
        guard headers.has("subject") else { return about(id, own: own) }
        let thread = MailThread(headers, own: id)
        return MailThread(
            text: thread.text, links: thread.links + [Interaction.ThreadLink(thread.text, named(own, nil))])
    }

    /// References and In-Reply-To, the oldest first, each once.
    private static func references(_ headers: MailHeaders) -> [String] {
        var seen: Set<String> = []
        return (headers.messageIDs("references") + headers.messageIDs("in-reply-to"))
            .map(MailIdentity.shortened).filter { seen.insert($0).inserted }
    }

    private static func named(_ id: String, _ subject: String?) -> String { subject.map { "\(id) \($0)" } ?? id }
}
