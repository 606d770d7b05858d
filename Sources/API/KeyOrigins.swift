internal import Storage

extension Key {
    /// The origin that a page asked from, where the key may stand there; nil where no page asks. What is not a browser says no
    /// origin, or any it likes: binding a key to pages keeps others' pages from using it in their visitors' browsers.
    func originAllowed(_ origin: String?) throws(Problem) -> String? {
        guard let origin, !origins.isEmpty else { return origin }
        guard origins.contains(origin) else {
            throw Problem.forbidden(
                "the key stands in a page that it is not bound to",
                "make a key with `contatto key create --origin` for the origin of this page")
        }
        return origin
    }
}
