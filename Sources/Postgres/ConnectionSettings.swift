import CLibPQ

/// Where the database is and how every connection to it behaves.
package struct ConnectionSettings: Sendable {
    package var applicationName = "contatto"
    /// Taken on with SET ROLE once connected.
    package var role: String?
    /// Empty: as the server has it for the user.
    package var searchPath: [String] = []
    /// How long one host may take to answer, before the next of them is tried.
    package var connectTimeout: Duration = .seconds(10)
    /// The server gives a statement up after this long. A COMMIT it never gives up.
    package var statementTimeout: Duration?
    package var lockTimeout: Duration?
    /// Further settings, SET on every connection.
    package var sessionSettings: [(name: String, value: String)] = []

    /// What libpq is told, by its keywords, as the caller wrote it.
    package private(set) var options: [(keyword: String, value: String)]

    /// Takes `postgresql://…` with any of libpq's options, or `keyword=value …`; several hosts are tried in order.
    package init(uri: String) throws(DatabaseError) {
        var problem: UnsafeMutablePointer<CChar>?
        let parsed = unsafe PQconninfoParse(uri, &problem)
        defer { unsafe PQconninfoFree(parsed) }
        guard var option = unsafe parsed else {
            // libpq's own words may quote what it could not read, a password with it: only their kind is passed on.
            let words = unsafe problem.map { unsafe String(cString: $0) } ?? ""
            unsafe PQfreemem(problem)
            throw DatabaseError(.usage, "the database's address cannot be read: \(Self.withoutQuotes(words))")
        }
        options = []
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe options.append((String(cString: keyword), String(cString: value)))
            }
            unsafe option += 1
        }
    }

    package func option(_ keyword: String) -> String? {
        options.first { $0.keyword == keyword }?.value
    }

    /// Where it connects to, for messages: never a password.
    package var redacted: String {
        let shown = ["host", "hostaddr", "port", "dbname", "user", "sslmode"]
        let parts = shown.compactMap { keyword in option(keyword).map { "\(keyword)=\($0)" } }
        return parts.isEmpty ? "the default server" : parts.joined(separator: " ")
    }

    /// One set of libpq options for each host named.
    ///
    /// Hosts are tried one by one here, and not by libpq, because libpq's non-blocking connect keeps no time: a first
    /// host that swallows packets would be waited for without end.
    var attempts: [[(keyword: String, value: String)]] {
        let hosts = option("host").map(Self.split)
        let addresses = option("hostaddr").map(Self.split)
        let ports = option("port").map(Self.split)
        let count = max(hosts?.count ?? 0, addresses?.count ?? 0)
        guard count > 1 else { return [complete(options)] }
        let preferStandby = option("target_session_attrs") == "prefer-standby"
        let rounds = preferStandby ? ["standby", "any"] : [option("target_session_attrs")]
        return rounds.flatMap { round in
            (0..<count).map { index in
                var one = options.filter { !["host", "hostaddr", "port", "target_session_attrs"].contains($0.keyword) }
                if let hosts, index < hosts.count { one.append(("host", hosts[index])) }
                if let addresses, index < addresses.count { one.append(("hostaddr", addresses[index])) }
                if let ports {
                    one.append(("port", ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""))
                }
                if let round { one.append(("target_session_attrs", round)) }
                return complete(one)
            }
        }
    }

    /// What every session is told first. Nothing here depends on the role it will take on.
    var preamble: String {
        var script = "SET timezone TO 'UTC'; SET datestyle TO 'ISO, YMD'; SET standard_conforming_strings TO on"
        if let statementTimeout { script += "; SET statement_timeout TO \(statementTimeout.milliseconds)" }
        if let lockTimeout { script += "; SET lock_timeout TO \(lockTimeout.milliseconds)" }
        if !searchPath.isEmpty {
            script += "; SET search_path TO \(searchPath.map(quoted(identifier:)).joined(separator: ", "))"
        }
        for setting in sessionSettings {
            let name = setting.name.split(separator: ".").map { quoted(identifier: String($0)) }.joined(separator: ".")
            script += "; SET \(name) TO \(quoted(literal: setting.value))"
        }
        return script
    }

    private func complete(_ given: [(keyword: String, value: String)]) -> [(keyword: String, value: String)] {
        let given = given.filter { $0.keyword != "connect_timeout" && $0.keyword != "client_encoding" }
        var all: [(keyword: String, value: String)] = [
            ("client_encoding", "UTF8"),
            // A peer that vanished is noticed within a minute and a half, not within the two hours of the system.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"), ("fallback_application_name", applicationName),
        ]
        all.removeAll { preset in given.contains { $0.keyword == preset.keyword } }
        return all + given
    }

    private static func split(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static func withoutQuotes(_ words: String) -> String {
        var inside = false
        var kept = ""
        for character in words where !character.isNewline {
            if character == "\"" {
                inside.toggle()
                kept += inside ? "\"…" : "\""
            } else if !inside {
                kept.append(character)
            }
        }
        return kept
    }
}

/// `name` as SQL writes it, whatever it holds.
package func quoted(identifier name: String) -> String {
    "\"" + name.flatMap { $0 == "\"" ? "\"\"" : String($0) } + "\""
}

/// `value` as a literal of SQL, whatever it holds; standard_conforming_strings is on in every session.
package func quoted(literal value: String) -> String {
    "'" + value.flatMap { $0 == "'" ? "''" : String($0) } + "'"
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short wait never becomes none.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let rest = attoseconds / 1_000_000_000_000_000 + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : whole + rest
    }
}
