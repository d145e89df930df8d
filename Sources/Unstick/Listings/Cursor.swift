import Foundation

/// The place where a page ends, as opaque text: made by us, and checked when it comes back.
enum Cursor {
    static func text(of job: Job) -> String {
        Data("\(job.createdAt.milliseconds) \(job.id)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func job(_ text: String) -> JobCursor? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: standard + padding), let plain = String(bytes: data, encoding: .utf8),
            let space = plain.firstIndex(of: " "), let milliseconds = Int(plain[..<space])
        else { return nil }
        return JobCursor(
            createdAt: Timestamp(milliseconds: milliseconds),
            id: String(plain[plain.index(after: space)...])
        )
    }
}
