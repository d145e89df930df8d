package import Foundation
package import Logging

/// The logger of the measured code.
package let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

/// Prints what the bench does now.
package func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

extension Encodable {
    /// Writes a report as JSON.
    package func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(self).write(to: file)
        print("Written to \(file.path)")
    }
}

/// A goal for the figures; reported, never asserted, because they depend on the machine's load.
package struct Aim {
    let text: String
    let isMet: Bool

    package init(text: String, isMet: Bool) {
        (self.text, self.isMet) = (text, isMet)
    }

    package static func printList(_ aims: [Aim]) {
        print("")
        for aim in aims { print("- \(aim.text): \(aim.isMet ? "yes" : "NO")") }
        print("")
    }
}
