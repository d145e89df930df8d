import Foundation
import Unstick
import UnstickLearning

/// The policy in a YAML file.
struct PolicyFile {
    /// The default file name.
    static let standard = "unstick.yaml"

    let path: String

    /// A policy is a page or two; a larger file is a mistake.
    private static let mostBytes = 1_000_000

    /// The content of a file.
    struct Contents {
        var policy = Policy()
        var alerts = AlertThresholds()
        var webhooks: [WebhookEntry] = []
        /// Valid but unusual settings.
        var warnings: [String] = []
        /// Whether it contains only comments.
        var isEmpty = false
    }

    /// The content of the file.
    ///
    /// - Throws: `invalidInput` with all errors, a line each: file, line, field and reason.
    func read() throws -> Contents {
        try Self.parse(self.text(), name: self.path)
    }

    /// The file's text.
    func text() throws -> String {
        guard let data = FileManager.default.contents(atPath: self.path) else {
            throw UnstickError(
                .invalidInput,
                "The policy file '\(self.path)' cannot be read. Check that it is there and that you may read it."
            )
        }
        guard data.count <= Self.mostBytes else {
            throw UnstickError(.invalidInput, "The policy file '\(self.path)' has more than \(Self.mostBytes) bytes.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// An empty file may be half written, so it does not replace the policy.
    func emptyError(_ circumstance: String = "") -> UnstickError {
        UnstickError(
            .invalidInput,
            "\(self.path):1: the file is empty\(circumstance); it may be half written. To have no rules, write 'rules: []'."
        )
    }

    /// Reads the text of a policy file.
    ///
    /// - Parameter name: the name of the file in errors.
    static func parse(_ text: String, name: String) throws -> Contents {
        var reader = PolicyReader()
        var contents = reader.contents(try YAMLText.root(of: text, name: name))
        guard reader.problems.isEmpty else {
            throw UnstickError(
                .invalidInput,
                reader.problems.sorted { $0.line < $1.line }.map { "\(name):\($0.line): \($0.text)" }
                    .joined(separator: "\n")
            )
        }
        contents.warnings = reader.warnings
        return contents
    }
}

extension PolicyFile {
    /// Writes suggested timeouts into the file, and leaves everything else in it unchanged; creates it if it does not
    /// exist.
    ///
    /// - Returns: whether anything changed.
    /// - Throws: `invalidInput` where the file is invalid, or has a form that cannot be changed safely; it is then
    ///   unchanged.
    func write(_ suggestions: Suggestions) throws -> Bool {
        let isThere = FileManager.default.fileExists(atPath: self.path)
        let before = isThere ? try self.text() : ""
        _ = try Self.parse(before, name: self.path)
        var editor = PolicyEditor(text: before)
        for (group, timeout) in suggestions.limits { try editor.set(timeout, for: group) }
        guard editor.text != before else { return false }
        try self.check(editor.text, says: suggestions)
        do {
            try Data(editor.text.utf8).write(to: URL(filePath: self.path), options: .atomic)
        } catch {
            throw UnstickError(
                .invalidInput,
                "The policy file '\(self.path)' cannot be written: \(error.localizedDescription)"
            )
        }
        return true
    }

    /// Checks that the new text is valid and has the new values.
    private func check(_ text: String, says suggestions: Suggestions) throws {
        let policy = try Self.parse(text, name: self.path).policy
        for (group, timeout) in suggestions.limits {
            let rule = group.kind.map { policy.rule(kind: $0, tier: group.tier) } ?? policy.standard
            guard rule.timeout == timeout else { throw PolicyEditor.unfit(self.path, group) }
        }
    }
}
