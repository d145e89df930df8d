#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file of a new database, for its owner alone: it has the balances of users and the secrets of webhooks.
enum PrivateFile {
    /// Makes it; SQLite gives the files beside it (`-wal`, `-shm`) the same rights.
    ///
    /// A file that is there is left as it is. What cannot be made here is reported when it is opened.
    static func make(_ path: String) {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if file >= 0 { close(file) }
    }
}
