import Foundation
import Unstick
import UnstickPostgres
import Yams

/// A mapping in a file, as YAML or JSON.
struct MappingFile {
    let path: String

    /// A mapping is a page; more is a mistake.
    private static let mostBytes = 1_000_000

    /// - Throws: `invalidInput`, with the line where the YAML breaks or the key that does not fit.
    func read() throws -> TableMapping {
        guard let data = FileManager.default.contents(atPath: self.path), data.count <= Self.mostBytes else {
            throw UnstickError(.invalidInput, "The mapping '\(self.path)' cannot be read.")
        }
        do {
            let object = try Yams.load(yaml: String(decoding: data, as: UTF8.self)) ?? [:]
            guard JSONSerialization.isValidJSONObject(object) else {
                throw UnstickError(.invalidInput, "The mapping '\(self.path)' is not a mapping of text keys.")
            }
            return try TableMapping(json: JSONSerialization.data(withJSONObject: object))
        } catch let error as YamlError {
            throw UnstickError(.invalidInput, "The mapping '\(self.path)'\(error.withoutText)")
        }
    }
}
