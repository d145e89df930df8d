import Foundation

/// A file of `/proc`; empty where it does not exist.
package func kernelFile(_ path: String) -> String {
    // Foundation reads the size first, and these files have none.
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
    return String(decoding: data, as: UTF8.self)
}
