import Foundation

/// A file with a key set.
struct KeyFile: Sendable {
    /// What changes with the file.
    struct Stamp: Equatable, Sendable {
        fileprivate let modifiedAt: Date?
        fileprivate let size: Int?
    }

    /// Where it is.
    let path: String

    /// Tells whether it has changed.
    func stamp() throws -> Stamp {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.target)
            return Stamp(modifiedAt: attributes[.modificationDate] as? Date, size: attributes[.size] as? Int)
        } catch {
            throw KeyFailure.unreadable
        }
    }

    /// Its bytes, of which one more than a key set may have is enough.
    func read() throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: self.target),
            let data = try? file.read(upToCount: KeySet.maximumLength + 1)
        else { throw KeyFailure.unreadable }
        return Array(data)
    }

    /// Where a link leads: containers mount secrets as links, which stay as they are when what they lead to changes.
    private var target: String { URL(filePath: self.path).resolvingSymlinksInPath().path }
}
