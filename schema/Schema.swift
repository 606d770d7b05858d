/// What is written down for others: the schema's changes, in order, and the document of the HTTP interface. A test compares
/// the list with the folder.
package enum Schema {
    /// One change: applied once, in one transaction, and never edited afterwards.
    package struct Change: Sendable {
        package let version: Int32
        package let name: String
        package let sql: [UInt8]

        /// The first line says so where a statement cannot be in a transaction.
        package var isInTransaction: Bool {
            !sql.starts(with: Array("-- contatto: no transaction".utf8))
        }
    }

    package static let changes: [Change] = [
        Change(version: 1, name: "workspace", sql: PackageResources.v0001_workspace_sql),
        Change(version: 2, name: "identity", sql: PackageResources.v0002_identity_sql),
        Change(version: 3, name: "interaction", sql: PackageResources.v0003_interaction_sql),
        Change(version: 4, name: "change", sql: PackageResources.v0004_change_sql),
        Change(version: 5, name: "source", sql: PackageResources.v0005_source_sql),
        Change(version: 6, name: "follow", sql: PackageResources.v0006_follow_sql),
        Change(version: 7, name: "thread", sql: PackageResources.v0007_thread_sql),
        Change(version: 8, name: "resolver", sql: PackageResources.v0008_resolver_sql),
        Change(version: 9, name: "soft", sql: PackageResources.v0009_soft_sql),
        Change(version: 10, name: "unchecked", sql: PackageResources.v0010_unchecked_sql),
        Change(version: 11, name: "kinds", sql: PackageResources.v0011_kinds_sql),
        Change(version: 12, name: "feed", sql: PackageResources.v0012_feed_sql),
        Change(version: 13, name: "web", sql: PackageResources.v0013_web_sql),
        Change(version: 14, name: "search", sql: PackageResources.v0014_search_sql),
        Change(version: 15, name: "consent", sql: PackageResources.v0015_consent_sql),
        Change(version: 16, name: "disclosure", sql: PackageResources.v0016_disclosure_sql),
        Change(version: 17, name: "audit", sql: PackageResources.v0017_audit_sql),
        Change(version: 18, name: "issuer", sql: PackageResources.v0018_issuer_sql),
        Change(version: 19, name: "day", sql: PackageResources.v0019_day_sql),
        Change(version: 20, name: "address", sql: PackageResources.v0020_address_sql),
    ]

    /// The version this build was written for. A hub accepts it and the next, so that a rolling upgrade may
    /// migrate first.
    package static let version: Int32 = 20

    /// What the hub answers to, as OpenAPI 3.1: the files of `openapi`, one after the other. A test compares it with the
    /// folder, and another one with the routes.
    package static let openAPI: [UInt8] = {
        let files: [[UInt8]] = [
            PackageResources.a_head_yaml, PackageResources.b_intake_yaml, PackageResources.c_profiles_yaml,
            PackageResources.d_decisions_yaml, PackageResources.e2_records_yaml,
            PackageResources.e3_interactions_yaml, PackageResources.e_changes_yaml,
            PackageResources.f9_recognition_yaml, PackageResources.f_subscriptions_yaml,
            PackageResources.f_z_audit_yaml, PackageResources.g_components_yaml,
            PackageResources.h2_schemas_of_records_yaml, PackageResources.h3_schemas_of_interactions_yaml,
            PackageResources.h_schemas_of_profiles_yaml, PackageResources.i_schemas_of_decisions_yaml,
            PackageResources.j_schemas_of_changes_yaml, PackageResources.k_schemas_of_audit_yaml,
            PackageResources.k_schemas_of_recognition_yaml,
        ]
        return Array(files.joined())
    }()
}
