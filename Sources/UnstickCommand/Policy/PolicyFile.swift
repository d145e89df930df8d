import Foundation
import Unstick

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
