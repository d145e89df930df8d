import Foundation

/// A file of `/proc`; empty where there is none.
package func kernelFile(_ path: String) -> String {
    // Foundation asks for the size first, and these files have none.
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
    return String(decoding: data, as: UTF8.self)
}
