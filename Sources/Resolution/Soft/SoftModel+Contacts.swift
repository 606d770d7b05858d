extension SoftModel {
    /// The nearest of all pairs: exact, the last seven digits, one edit, other.
    static func phoneLevel(_ a: [SoftEntry.PhoneReading], _ b: [SoftEntry.PhoneReading]) -> UInt8 {
        var best: UInt8 = 4
        for one in a {
            for other in b {
                if one.hash == other.hash { return 1 }
                if one.endHash != 0, one.endHash == other.endHash { best = min(best, 2) }
                if Likeness.isOneEdit(one.digits, other.digits) { best = min(best, 3) }
            }
        }
        return best
    }

    /// The level of the nearest pair, nearest by what it is worth; nil where none says anything.
    func emailLevel(_ a: SoftEntry, _ b: SoftEntry) -> UInt8? {
        var nearest: EmailLevel?
        for one in a.emails {
            for other in b.emails {
                guard let level = one.likeness(to: other) else { continue }
                if level == .exact { return level.rawValue }
                guard let best = nearest else {
                    nearest = level
                    continue
                }
                let (bits, most) = (weight(.email, level.rawValue), weight(.email, best.rawValue))
                // Among equals the nearer, so that it makes no difference which record is the first.
                if bits > most || (bits == most && level.rawValue < best.rawValue) { nearest = level }
            }
        }
        return nearest?.rawValue
    }

    /// Numbers of one kind and scope; nil where the two have none in common.
    static func numberLevel(_ a: SoftEntry, _ b: SoftEntry) -> UInt8? {
        var best: UInt8?
        for one in a.numbers {
            for other in b.numbers where one.sort == other.sort {
                let level: UInt8
                if one.hash == other.hash {
                    level = 1
                } else if Likeness.isOneEdit(one.digits, other.digits) {
                    level = 2
                } else if min(one.digits.count, other.digits.count) >= 6, Likeness.isTwoEdits(one.digits, other.digits)
                {
                    level = 3
                } else {
                    level = 4
                }
                best = min(best ?? level, level)
            }
        }
        return best
    }
}

extension CompanyReading {
    func likeness(to other: CompanyReading) -> UInt8 {
        if hash == other.hash { return 1 }
        let isNear = Likeness.isOneEdit(name, other.name) || Likeness.jaroWinkler(name, other.name) >= 9_200
        return isNear ? 2 : 3
    }
}
