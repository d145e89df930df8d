import Foundation
import Unstick
import UnstickLearning

/// Suggested timeouts in the text of a policy file; everything else in it stays.
struct PolicyChange {
    let file: PolicyFile
    let before: String
    let after: String
    /// The policy of the text after the change.
    let policy: Policy

    /// Puts the suggestions into the text; a file that does not exist is an empty one.
    ///
    /// - Throws: `invalidInput` where the file is invalid, or has a form that cannot be changed safely.
    init(of file: PolicyFile, by suggestions: Suggestions) throws {
        self.file = file
        self.before = FileManager.default.fileExists(atPath: file.path) ? try file.text() : ""
        _ = try PolicyFile.parse(self.before, name: file.path)
        var editor = PolicyEditor(text: self.before)
        // The widest first: a limit that is already there may be inherited from one that changes.
        for (group, timeout) in suggestions.limits.sorted(by: { $0.group.breadth > $1.group.breadth }) {
            try editor.set(timeout, for: group)
        }
        self.after = editor.text
        self.policy = try PolicyFile.parse(self.after, name: file.path).policy
        for (group, timeout) in suggestions.limits {
            let rule = group.kind.map { self.policy.rule(kind: $0, tier: group.tier) } ?? self.policy.standard
            guard rule.timeout == timeout else { throw PolicyEditor.unfit(file.path, group) }
        }
    }

    /// Whether the file already has these timeouts.
    var isEmpty: Bool { self.after == self.before }

    /// Writes the file, as a whole or not at all.
    func write() throws {
        do {
            try Data(self.after.utf8).write(to: URL(filePath: self.file.path), options: .atomic)
        } catch {
            throw UnstickError(
                .invalidInput,
                "The policy file '\(self.file.path)' cannot be written: \(error.localizedDescription)"
            )
        }
    }
}
