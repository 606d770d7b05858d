internal import FoundationEssentials

/// Finds the Maildirs in a folder: the folder itself, `.Archive.2025` beside its `cur`, and `Archive/2025` at any depth.
struct MaildirSearch {
    /// Folders within folders that are followed, and folders that are looked into: a home folder may be given by mistake.
    private static let deepest = 32
    private static let mostFolders = 10_000

    /// Those that hold `cur` or `new`, each before what is in it.
    private(set) var found: [String] = []
    /// Files beside the Maildirs that are mail by their name, and folders that could not be looked into.
    private(set) var leftAlone = 0
    /// Every folder that was looked into.
    private(set) var looked: [String] = []
    /// Folders that could not be looked into, each in a line for people.
    private(set) var closed: [String] = []
    private var isCut = false
    /// A link may lead to a folder that was seen already, or above.
    private var seen: Set<FileReading.Folder> = []

    init(_ path: String) {
        if let folder = FileReading.folder(path) { look(into: path, folder, depth: 0) }
    }

    private mutating func look(into path: String, _ folder: FileReading.Folder, depth: Int) {
        guard !seen.contains(folder) else { return }
        guard depth <= Self.deepest, seen.count < Self.mostFolders else {
            leftAlone += 1
            if !isCut {
                isCut = true
                closed.append(
                    "\(path) and what follows is left out: too many folders, or more than \(Self.deepest) deep"
                )
            }
            return
        }
        seen.insert(folder)
        looked.append(path)
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            let parts = ["cur", "new"].filter { names.contains($0) && FileReading.folder("\(path)/\($0)") != nil }
            if !parts.isEmpty { found.append(path) }
            for name in names {
                let entry = "\(path)/\(name)"
                // What is being delivered is no message yet.
                if !parts.isEmpty, name == "tmp" || parts.contains(name) { continue }
                if let below = FileReading.folder(entry) {
                    look(into: entry, below, depth: depth + 1)
                } else if MailFiles.isMail(name) {
                    leftAlone += 1
                }
            }
        } catch {
            // Whoever may not look into it is told that something was left.
            leftAlone += 1
            closed.append("\(path) cannot be listed: let the user that runs the hub read it")
        }
    }
}
