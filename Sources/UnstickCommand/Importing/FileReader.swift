import CZlib
import Foundation
import Unstick

/// Reads a file from start to end, and decompresses gzip.
final class FileReader {
    private let file: gzFile
    private let size: Int

    /// - Throws: `invalidInput` when the file cannot be opened.
    init(path: String) throws {
        guard let file = gzopen(path, "rb") else {
            throw UnstickError(
                .invalidInput,
                "The file '\(path)' cannot be opened. Check its path and permissions."
            )
        }
        self.file = file
        gzbuffer(file, 1 << 17)
        self.size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    deinit {
        gzclose(self.file)
    }

    /// How much of the file has been read, from 0 to 100.
    var percent: Int {
        self.size > 0 ? min(100, Int(gzoffset(self.file)) * 100 / self.size) : 100
    }

    /// Fills a buffer with the next bytes.
    ///
    /// - Returns: the number of bytes; 0 at the end.
    /// - Throws: `invalidInput` when the compressed data is damaged or incomplete.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = gzread(self.file, buffer.baseAddress, UInt32(buffer.count))
        var code: Int32 = 0
        if count < buffer.count { _ = gzerror(self.file, &code) }
        guard count >= 0, code == Z_OK || code == Z_STREAM_END else {
            throw UnstickError(.invalidInput, "The file is damaged or truncated: it cannot be decompressed to its end.")
        }
        return Int(count)
    }
}
