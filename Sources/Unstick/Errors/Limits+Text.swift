// The limits of text from outside: from callers, files, workers and command lines. Every text that is stored or queried
// is checked here.

extension Limits {
    /// - Throws: ``UnstickError`` `invalidArgument` unless the text has 1 to ``idBytes`` bytes and no control character.
    package static func checkID(_ text: String, _ name: String) throws {
        guard 1...idBytes ~= text.utf8.count, !text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw UnstickError(
                .invalidArgument,
                "The \(name) must have 1 to \(idBytes) bytes and no control characters."
            )
        }
    }

    /// Checks a text for people, such as a reason or a message, or a search text.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` if it has more than `most` bytes, or a NUL, which PostgreSQL cannot
    ///   store.
    package static func checkText(_ text: String, _ name: String, most: Int = noteBytes) throws {
        guard text.utf8.count <= most else {
            throw UnstickError(.invalidArgument, "The \(name) must have at most \(most) bytes.")
        }
        guard !text.utf8.contains(0) else {
            throw UnstickError(.invalidArgument, "The \(name) must not contain a NUL character. Remove it.")
        }
    }

    /// Checks the id of something new that has its own URL, such as a user's.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`.
    package static func checkNewID(_ text: String, _ name: String) throws {
        try self.checkID(text, name)
        if let fault = ReservedIDs.fault(of: text, name) { throw UnstickError(.invalidArgument, fault) }
    }

    /// Checks the id of a new job.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`.
    package static func checkNewJobID(_ text: String) throws {
        try self.checkID(text, "job id")
        if let fault = ReservedIDs.fault(ofJob: text) { throw UnstickError(.invalidArgument, fault) }
    }
}
