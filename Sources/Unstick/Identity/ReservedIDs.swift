/// Ids that nothing new may have, because its URL would be the URL of something else.
package enum ReservedIDs {
    /// Path segments that browsers, clients and proxies remove.
    private static let dots = [".", ".."]

    /// The path segments of the API and the admin UI in the place of a job's id.
    ///
    /// A test compares them with the routes.
    package static let jobWords = ["claim", "cleanup", "completions", "heartbeats", "stuck"]

    /// What is wrong with the id of something new; `nil` if it is valid.
    package static func fault(of id: String, _ name: String) -> String? {
        guard self.dots.contains(where: id.isExactly) else { return nil }
        return "The \(name) '\(id)' has a special meaning in a URL, so it could not be requested. Choose another one."
    }

    /// What is wrong with the id of a new job; `nil` if it is valid.
    package static func fault(ofJob id: String) -> String? {
        if let fault = self.fault(of: id, "job id") { return fault }
        guard self.jobWords.contains(where: id.isExactly) else { return nil }
        return
            "The job id '\(id)' is part of the API's own paths (/api/jobs/\(id) or /api/admin/jobs/\(id)), so the "
            + "job could not be requested. Choose another one."
    }
}
