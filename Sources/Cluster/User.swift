internal import Glibc

/// A user of the system, as its list of users has it.
struct User: Sendable, Equatable {
    let name: String
    let id: uid_t
    let group: gid_t

    static let root: uid_t = 0

    static func named(_ name: String) -> User? {
        unsafe read { entry, buffer, size, found in unsafe getpwnam_r(name, entry, buffer, size, found) }
    }

    static func numbered(_ id: uid_t) -> User? {
        unsafe read { entry, buffer, size, found in unsafe getpwuid_r(id, entry, buffer, size, found) }
    }

    private typealias Look = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func read(_ look: Look) -> User? {
        // An entry of a directory server may be long; 64 kB is above every limit known.
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 65_536)
        defer { unsafe buffer.deallocate() }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard unsafe look(&entry, buffer, 65_536, &found) == 0, unsafe found != nil, let name = unsafe entry.pw_name
        else { return nil }
        return unsafe User(name: String(cString: name), id: entry.pw_uid, group: entry.pw_gid)
    }
}
