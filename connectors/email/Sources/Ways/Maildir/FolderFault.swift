internal import Contact
internal import Dispatch
internal import Glibc

/// What may be wrong with the folder that a source names.
enum FolderFault {
    /// Throws where it cannot be followed. Where it was there before, time may bring it back: a disk that is away.
    static func check(_ root: String, wasThere: Bool) throws(FollowFailure) {
        var status = stat()
        guard unsafe stat(root, &status) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR:
                throw wasThere
                    ? FollowFailure(.time, "\(root) does not exist any more: is its disk mounted?")
                    : FollowFailure(
                        .person, "\(root) does not exist: make the folder, or set maildir to where the mail is")
            case EACCES:
                throw closed(root)
            case let code:
                throw FollowFailure(.time, "\(root) cannot be looked at: \(FileFault(code))")
            }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw FollowFailure(.person, "\(root) is not a folder: set maildir to the folder that holds cur and new")
        }
        guard let folder = unsafe opendir(root) else {
            if errno == EACCES { throw closed(root) }
            throw FollowFailure(.time, "\(root) cannot be listed: \(FileFault(errno))")
        }
        unsafe closedir(folder)
    }

    private static func closed(_ root: String) -> FollowFailure {
        FollowFailure(
            .person, "no permission to read \(root): let user id \(geteuid()), as which the hub runs, read and enter it"
        )
    }

    /// In lines for whoever set the folder, on a thread that may wait for disks.
    static func findings(_ root: String) async -> [Finding] {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "contatto.email.maildir.test").async {
                continuation.resume(returning: tried(root))
            }
        }
    }

    private static func tried(_ root: String) -> [Finding] {
        do throws(FollowFailure) {
            try check(root, wasThere: false)
        } catch {
            return [Finding(.wrong, error.text)]
        }
        let search = MaildirSearch(root)
        var findings: [Finding] = []
        var problems = search.closed
        var messages = 0
        for path in search.found {
            var problem: String?
            let folder = MaildirFolder(path, below: root)
            for isNew in [true, false] { messages += folder.names(isNew: isNew, problem: &problem).count }
            if let problem { problems.append(problem) }
        }
        if search.found.isEmpty {
            findings.append(
                Finding(
                    .doubtful,
                    "\(root) holds no Maildir yet (a folder with cur and new): have mail delivered there, or set maildir to where it is"
                ))
        } else {
            findings.append(
                Finding(.good, "\(root): \(search.found.count) Maildir folders with \(messages) messages"))
        }
        findings += problems.prefix(5).map { Finding(.wrong, $0) }
        if problems.count > 5 {
            findings.append(Finding(.wrong, "\(problems.count - 5) more folders cannot be listed"))
        }
        var reason: String? = ""
        var none = ""
        if let watch = FolderWatch(reason: &none) {
            reason = nil
            for path in search.looked { _ = watch.add(path, FolderWatch.Mask.folders, reason: &reason) }
        } else {
            reason = none
        }
        if let reason {
            findings.append(Finding(.doubtful, "what comes is seen within a minute, not at once: \(reason)"))
        }
        return findings
    }
}
