#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file of a new database, readable by its owner only: it has the balances of users and the secrets of webhooks.
enum PrivateFile {
    /// Creates it; SQLite gives the files beside it (`-wal`, `-shm`) the same permissions.
    ///
    /// An existing file stays unchanged. An error here is reported when the file is opened.
    static func make(_ path: String) {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if file >= 0 { close(file) }
    }
}
