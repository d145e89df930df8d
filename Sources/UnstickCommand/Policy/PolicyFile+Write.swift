import Foundation
import Unstick
import UnstickLearning

extension PolicyFile {
    /// Puts suggested timeouts into the file, and leaves everything else in it as it is; makes it where there is none.
    ///
    /// - Returns: whether anything had to be changed.
    /// - Throws: `invalidInput` where the file is wrong, or written in a way in which it cannot be changed safely; it is then
    ///   as it was before.
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

    /// The text that is about to be written must be right, and must say what was to be said.
    private func check(_ text: String, says suggestions: Suggestions) throws {
        let policy = try Self.parse(text, name: self.path).policy
        for (group, timeout) in suggestions.limits {
            let rule = group.kind.map { policy.rule(kind: $0, tier: group.tier) } ?? policy.standard
            guard rule.timeout == timeout else { throw PolicyEditor.unfit(self.path, group) }
        }
    }
}
