internal import Contact
internal import HTTPTypes

/// The hub's own tracker, as pages load it.
enum Snippet {
    static let path = ["contatto.js"]
    static let route = OpenRoute([.get], "contatto.js")

    /// Of its bytes: whoever has this version need not have it sent again.
    private static let tag =
        "\"" + Hexadecimal.text(Array(Digest.sha256(PackageResources.contatto_js).prefix(8))) + "\""

    static func answer(_ request: OpenRequest) -> OpenAnswer {
        var fields = HTTPFields()
        fields[.eTag] = tag
        fields[.cacheControl] = "public, max-age=3600"
        if let name = HTTPField.Name("X-Content-Type-Options") { fields[name] = "nosniff" }
        // Loaded by pages that isolate themselves (COEP), too.
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { fields[name] = "cross-origin" }
        if request.field("if-none-match") == tag {
            return OpenAnswer(.notModified, contentType: type, fields: fields, [])
        }
        return OpenAnswer(.ok, contentType: type, fields: fields, PackageResources.contatto_js)
    }

    private static let type = "text/javascript; charset=utf-8"
}
