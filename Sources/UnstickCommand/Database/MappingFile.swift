import Foundation
import Unstick
import UnstickPostgres
import Yams

extension MappingFile {
    /// A mapping is a page; a larger file is a mistake.
    private static let mostBytes = 1_000_000

    /// Reads a file, as YAML or JSON.
    ///
    /// - Throws: `invalidInput`, with the line of a YAML error or the invalid key.
    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.mostBytes else {
            throw UnstickError(
                .invalidInput,
                "The mapping '\(path)' cannot be read. Check that it is there and that you may read it."
            )
        }
        do {
            let object = try Yams.load(yaml: String(decoding: data, as: UTF8.self)) ?? [:]
            guard JSONSerialization.isValidJSONObject(object) else {
                throw UnstickError(.invalidInput, "The mapping '\(path)' is not a mapping of text keys.")
            }
            try self.init(json: JSONSerialization.data(withJSONObject: object))
        } catch let error as YamlError {
            throw UnstickError(.invalidInput, "The mapping '\(path)'\(error.withoutText)")
        }
    }
}
