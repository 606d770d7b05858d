/// Judges the words of a User-Agent field together.
struct UserAgentForm: Sendable {
    private let scan: UserAgentScan
    private let all: UserAgentSign
    /// What the first comment says.
    private let first: UserAgentSign

    init(_ scan: UserAgentScan) {
        self.scan = scan
        var all: UserAgentSign = []
        var first: UserAgentSign = []
        for piece in scan.pieces where !piece.isBracketed {
            // `Android 2.3 Compatible` is a system.
            all.formUnion(piece.isModel ? piece.sign.subtracting(.compatible) : piece.sign)
            if piece.comment == 1 { first.formUnion(piece.sign) }
        }
        self.all = all
        self.first = first
    }

    /// The machine that sent it; nothing if a person did.
    var machine: (kind: UserAgent.Kind, name: String?)? {
        guard let machine = anyMachine else { return nil }
        // The fetchers of answering machines have agreed on a form of name: `Claude-User`, `MistralAI-User`.
        if machine.kind == .bot, let piece = scan.pieces.first(where: { scan.isNamedAfterUser($0) }) {
            return (.aiFetcher, scan.name(of: piece))
        }
        return machine
    }

    private var anyMachine: (kind: UserAgent.Kind, name: String?)? {
        if let piece = scan.pieces.first(where: { $0.sign.contains(.aiFetcher) && !$0.isModel && !$0.isBracketed }) {
            return (.aiFetcher, scan.name(of: piece))
        }
        if let piece = scan.pieces.first(where: { $0.sign.contains(.aiCrawler) && !$0.isModel && !$0.isBracketed }) {
            return (.aiCrawler, scan.name(of: piece))
        }
        if let piece = scan.pieces.first(where: isMachine) { return (.bot, scan.name(of: piece)) }
        guard let opener = scan.pieces.first, !scan.isAbsurd else { return (.bot, nil) }
        let isMozilla = startsWithMozilla
        guard isMozilla ? isBrowser : isApp(opener) else { return (.bot, named) }
        if isMozilla, isClosed, let piece = scan.pieces.first(where: isForeign) { return (.bot, scan.name(of: piece)) }
        return nil
    }

    private func isMachine(_ piece: UserAgentScan.Piece) -> Bool {
        if piece.isBracketed { return false }
        // A model's name is free (`Cubot`, `XBot Junior`): only a product's form or an address counts there.
        if piece.isModel { return piece.hasAddress || (piece.hasMachineEnding && piece.hasVersion) }
        // A plug-in of Internet Explorer left its maker's site there (`bsalsa.com`), without being a machine.
        return !piece.sign.isDisjoint(with: .machines) || piece.hasMachineEnding
            || (piece.hasAddress && !piece.sign.contains(.harmless))
    }

    private var startsWithMozilla: Bool {
        let word = "mozilla/".utf8
        return scan.bytes.count >= word.count && zip(scan.bytes, word).allSatisfy { $0 | 32 == $1 | 32 }
    }

    private var isBrowser: Bool {
        if !all.isDisjoint(with: [.appliance]) { return true }
        if all.contains(.compatible), !all.contains(.explorer) { return false }
        // Some proxies drop the parentheses round `Linux; Android 9; …`.
        if first.isDisjoint(with: .platform), all.isDisjoint(with: [.android, .iPhone]) { return false }
        // Before version 5 a browser named itself by the system alone.
        return !all.isDisjoint(with: [.engine, .app]) || (scan.bytes.count > 8 && scan.bytes[8] < UInt8(ascii: "5"))
    }

    private func isApp(_ opener: UserAgentScan.Piece) -> Bool {
        if !opener.sign.isDisjoint(with: [.opener, .appliance]) { return true }
        if !all.isDisjoint(with: [.app, .appliance]) { return true }
        if scan.pieces.contains(where: { $0.isBracketed && $0.sign.contains(.app) }) { return true }
        return !all.isDisjoint(with: [.iPhone, .iPad, .android])
    }

    /// A desktop browser: a closed set of words.
    private var isClosed: Bool {
        all.isDisjoint(with: [.android, .iPhone, .iPad, .appliance, .phone, .app])
            && !all.isDisjoint(with: .engine) && !scan.pieces.contains { $0.isBracketed }
    }

    private func isForeign(_ piece: UserAgentScan.Piece) -> Bool {
        if piece.isBracketed || piece.isModel || !piece.isUnusual || scan.hasBuildNumber(piece) { return false }
        // An app built on Electron names itself before the engine it carries.
        if all.contains(.electron), piece.comment == 0,
            scan.pieces.contains(where: { $0.sign.contains(.chrome) && $0.start > piece.start })
        {
            return false
        }
        // Whatever was installed wrote into Internet Explorer's comment, nothing after it.
        if all.contains(.explorer) { return piece.comment == 0 }
        // After the engine, `(KHTML, like Gecko)` and nothing else; Gecko's Linux builds named their release there.
        return piece.comment <= 1 || all.contains(.webKit)
    }

    /// What a machine calls itself: what follows `compatible`, or the first product that is not Mozilla.
    private var named: String? {
        if let index = scan.pieces.firstIndex(where: { $0.sign.contains(.compatible) }), index + 1 < scan.pieces.count {
            return scan.name(of: scan.pieces[index + 1])
        }
        return (scan.pieces.first { $0.isUnusual } ?? scan.pieces.first).map { scan.name(of: $0) }
    }
}

extension UserAgentForm {
    var system: String? {
        // It named Android and iPhone too, to be served the same pages.
        if all.contains(.windows), all.contains(.phone) { return "Windows Phone" }
        var best: UInt8?
        for piece in scan.pieces where !piece.isBracketed {
            if let place = piece.system { best = min(place, best ?? place) }
        }
        return best.map { UserAgentNames.systems[Int($0)].name }
    }

    var device: UserAgent.Device {
        if all.contains(.television) { return .television }
        if all.contains(.console) { return .other }
        if all.contains(.phone), !all.contains(.iPad) { return .phone }
        // `Tablet PC 2.0` is a part of Windows that desktops have too.
        if all.contains(.iPad) || (all.contains(.tablet) && !all.contains(.windows)) { return .tablet }
        // Browsers on Android say `Mobile` on a phone and nothing on a tablet; apps never say.
        if all.contains(.android) { return all.contains(.mobile) || !startsWithMozilla ? .phone : .tablet }
        if all.contains(.mobile) || all.contains(.appliance) { return .phone }
        if !all.isDisjoint(with: [.windows, .mac, .linux, .chromeOS]) { return .desktop }
        return .other
    }

    /// The browser, or the app that shows the page, by the word that says most.
    var browser: String? {
        var best = UserAgentNames.browsers.count
        for piece in scan.pieces {
            guard let place = piece.browser, place < best else { continue }
            // Nearly everybody ends in `Safari`; only Safari says which version.
            if piece.sign.contains(.safari), !all.contains(.version) { continue }
            best = Int(place)
        }
        if best < UserAgentNames.browsers.count { return UserAgentNames.browsers[best].name }
        return startsWithMozilla ? nil : scan.pieces.first.map { scan.name(of: $0) }
    }
}
