internal import Glibc

/// Who runs a command: what stands beside a decision for ever.
enum LoginName {
    /// The one who logged in, whoever he has become by sudo since; else, as in a container, the user of the process.
    static var current: String {
        var buffer = [CChar](repeating: 0, count: 1_024)
        if unsafe getlogin_r(&buffer, buffer.count) == 0 { return text(buffer) }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var memory = [CChar](repeating: 0, count: 16_384)
        guard unsafe getpwuid_r(getuid(), &entry, &memory, memory.count, &found) == 0, unsafe found != nil,
            let name = unsafe entry.pw_name
        else { return "user \(getuid())" }
        return unsafe String(cString: name)
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
