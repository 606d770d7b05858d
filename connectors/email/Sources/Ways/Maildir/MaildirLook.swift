internal import Contact
internal import Glibc

/// A Maildir as it was last seen: its folders, the watches on them, and the messages that are to be read.
///
/// It blocks, and is for one thread at a time (``MaildirReader``).
struct MaildirLook {
    private let root: String
    /// Where it was begun; counts for the first look only.
    private let start: MaildirCursor
    private var lookedOnce = false
    private(set) var backlog = MaildirBacklog()
    private var folders: [MaildirFolder] = []
    private var places: [String: Int] = [:]
    /// Those found by the last look and listed to their end.
    private var listed: Set<Int> = []
    private var watch: FolderWatch?
    private var watched: [Int32: Place] = [:]
    private var unwatched: String?
    /// What the last look could not list, and what could not be read since.
    private var unlisted: [String] = []
    private var unreadable: [String: String] = [:]
    private var isYoungHeld = false
    /// Something came that only a whole look makes sense of.
    private(set) var isLookDue = false
    /// The mark of the last step.
    private var stepped: Int64

    private enum Place: Hashable {
        case messages(folder: Int, isNew: Bool)
        case parent
    }

    init(_ root: String, cursor: MaildirCursor) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        start = cursor
        stepped = cursor.mark
        var reason = ""
        watch = FolderWatch(reason: &reason)
        if watch == nil { unwatched = reason }
    }

    /// Looks at all of it: finds folders, watches them, and takes up every message that is not known. The first time it
    /// looks twice, because only a look that began after a change is sure to show it, and the cursor goes as far as that.
    mutating func all(isStopped: () -> Bool) throws {
        isLookDue = false
        try once(isStopped)
        if !lookedOnce {
            lookedOnce = true
            try once(isStopped)
        }
    }

    private mutating func once(_ isStopped: () -> Bool) throws {
        let before = backlog.highest
        let search = try find()
        listed = []
        unlisted = search.closed
        backlog.release()
        var found: [MaildirBacklog.Message] = []
        for path in search.found {
            if isStopped() { throw CancellationError() }
            let place = self.place(path)
            var problem: String?
            // `new` first: what moves from there to `cur` meanwhile is seen twice rather than never.
            for isNew in [true, false] {
                take(folders[place].names(isNew: isNew, problem: &problem), of: place, isNew: isNew, into: &found)
            }
            if let problem { unlisted.append(problem) } else { listed.insert(place) }
        }
        backlog.add(found)
        // Of a folder that could not be listed the cursor says nothing: it is not among those listed.
        backlog.horizon = max(backlog.horizon, before)
    }

    private mutating func take(
        _ names: [[UInt8]], of place: Int, isNew: Bool, into found: inout [MaildirBacklog.Message]
    ) {
        let folder = folders[place]
        for name in names where !backlog.knows(name, in: place) {
            guard let changed = folder.changed(name, isNew: isNew) else { continue }
            _ = backlog.meet(name, in: place)
            if !lookedOnce, start.covers(changed, in: folder.key) {
                backlog.saw(changed)
            } else {
                found.append(
                    MaildirBacklog.Message(folder: place, isNew: isNew, name: name, changed: changed))
            }
        }
    }

    /// The Maildirs below the root. Every folder is watched before it is listed, so that what is made meanwhile is heard of.
    private mutating func find() throws(FollowFailure) -> MaildirSearch {
        try FolderFault.check(root, wasThere: !start.folders.isEmpty || !folders.isEmpty)
        var search = MaildirSearch(root)
        var seen: Set<String> = []
        // Again while folders appear; four times is more than a mail program needs to make one.
        for _ in 0..<4 where Set(search.looked) != seen {
            seen = Set(search.looked)
            watch(search)
            search = MaildirSearch(root)
        }
        if search.found.isEmpty, !start.folders.isEmpty || !folders.isEmpty {
            throw FollowFailure(.time, "\(root) holds no Maildir (cur and new) any more: is its disk mounted?")
        }
        for path in search.found { settle(path) }
        return search
    }

    private mutating func watch(_ search: MaildirSearch) {
        guard let watch else { return }
        var now: [Int32: Place] = [:]
        var reason: String?
        for path in search.looked {
            if let number = watch.add(path, FolderWatch.Mask.folders, reason: &reason) { now[number] = .parent }
        }
        for path in search.found {
            let folder = place(path)
            for isNew in [true, false] {
                let part = folders[folder].part(isNew: isNew)
                if let number = watch.add(part, FolderWatch.Mask.messages, reason: &reason) {
                    now[number] = .messages(folder: folder, isNew: isNew)
                }
            }
        }
        for number in watched.keys where now[number] == nil { watch.remove(number) }
        watched = now
        unwatched = reason
    }

    private mutating func place(_ path: String) -> Int {
        if let place = places[path] { return place }
        folders.append(MaildirFolder(path, below: root))
        places[path] = folders.count - 1
        return folders.count - 1
    }

    /// Its key is read anew: other folders may have been put in its place.
    private mutating func settle(_ path: String) { folders[place(path)] = MaildirFolder(path, below: root) }

    /// Takes up what the kernel says has come.
    mutating func takeEvents() {
        if isYoungHeld {
            isYoungHeld = false
            backlog.release()
        }
        for event in watch?.events() ?? [] {
            if event.isOverflow {
                isLookDue = true
                continue
            }
            guard let place = watched[event.watch] else { continue }
            if event.isOfFolder {
                isLookDue = true
                continue
            }
            switch place {
            case .parent: if event.isFolder { isLookDue = true }
            case .messages(let folder, let isNew): take(event, folder: folder, isNew: isNew)
            }
        }
    }

    private mutating func take(_ event: FolderWatch.Event, folder: Int, isNew: Bool) {
        guard !event.isFolder, let first = event.name.first, first != UInt8(ascii: ".") else { return }
        let isUnknown = backlog.meet(event.name, in: folder)
        // What comes into `new` is a delivery, whatever it is called; a known name in `cur` has new flags. Who writes a
        // file in its place closes it when it is whole.
        guard isUnknown || isNew || event.isClosed else { return }
        guard let changed = folders[folder].changed(event.name, isNew: isNew) else {
            if isUnknown {
                backlog.forget(
                    MaildirBacklog.Message(folder: folder, isNew: isNew, name: event.name, changed: 0))
            }
            return
        }
        backlog.addLive(
            MaildirBacklog.Message(
                folder: folder, isNew: isNew, name: event.name, changed: changed,
                isClosed: event.isClosed || event.isMovedIn))
    }

    /// Reads the next messages.
    mutating func mails(most: Int, bytes: Int) -> [FoundMail] {
        var mails: [FoundMail] = []
        var size = 0
        while mails.count < most, let message = backlog.next() {
            let folder = folders[message.folder]
            switch MaildirMail.read(message, in: folder) {
            case .read(let mail):
                if !mails.isEmpty, size + mail.raw.bytes.count > bytes {
                    backlog.putBack(message)
                    return mails
                }
                size += mail.raw.bytes.count
                mails.append(mail)
                if !unreadable.isEmpty { unreadable[key(message)] = nil }
            case .gone:
                backlog.forget(message)
                unreadable[key(message)] = nil
                // With other flags it stands under another name.
                isLookDue = true
            case .unfinished:
                backlog.hold(message)
                isYoungHeld = true
            case .unreadable(let problem):
                backlog.hold(message)
                unreadable[key(message)] = problem
            }
        }
        return mails
    }

    private func key(_ message: MaildirBacklog.Message) -> String {
        "\(message.folder)/\(String(decoding: message.unique, as: UTF8.self))"
    }

    mutating func step(_ mails: [FoundMail]) -> MaildirReader.Step {
        var cursor = MaildirCursor()
        // One that was gone stands elsewhere with a time that is not known before the next look.
        cursor.mark = isLookDue ? min(backlog.mark, stepped) : backlog.mark
        stepped = cursor.mark
        cursor.folders = Set(listed.map { folders[$0].key })
        return MaildirReader.Step(mails: mails, cursor: cursor, waiting: backlog.count, note: note)
    }

    private var note: String? {
        let problems = unlisted + unreadable.values.sorted()
        var notes: [String] = []
        if let first = problems.first {
            notes.append(problems.count == 1 ? first : "\(first) (and \(problems.count - 1) more)")
        }
        if let unwatched { notes.append("looked at every minute, not at once: \(unwatched)") }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    /// Waits for the kernel's word; a second at most while a file may still be written.
    func wait(wake: Int32) {
        let milliseconds: Int32? = isYoungHeld ? 1_000 : nil
        if let watch {
            watch.wait(wake: wake, milliseconds: milliseconds)
        } else {
            FolderWatch.wait([wake], milliseconds: milliseconds)
        }
    }
}
