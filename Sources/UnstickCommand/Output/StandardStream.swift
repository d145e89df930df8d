import Foundation
import Synchronization

/// A standard stream: the only place through which the command line writes.
///
/// A write that fails never ends the process. The failure is stored, and all later output is dropped.
final class StandardStream: Sendable {
    /// The stream for results.
    static let output = StandardStream(STDOUT_FILENO)
    /// The stream for everything else.
    static let errors = StandardStream(STDERR_FILENO)

    private let descriptor: Int32
    private let firstFailure = Mutex<Int32?>(nil)

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Makes the streams safe to write to; called before any file is opened.
    ///
    /// A closed pipe is an error of the write, not a signal. A closed stream gets a descriptor that refuses writes:
    /// otherwise the next opened file would get its number, and a line of text could be written to a database.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// The error number of the first write that failed.
    var failure: Int32? { self.firstFailure.withLock { $0 } }

    /// Writes a text, unless an earlier one could not be written.
    func write(_ text: String) {
        guard self.failure == nil else { return }
        var text = text
        if let code = text.withUTF8({ self.writeAll($0) }) { self.firstFailure.withLock { $0 = $0 ?? code } }
    }

    /// - Returns: the error number; `nil` when all is written.
    private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let written = Foundation.write(self.descriptor, rest.baseAddress, rest.count)
            if written >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            } else if errno == EAGAIN {
                // The parent process made the stream non-blocking.
                guard self.isReady(within: -1) else { return errno }
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    // MARK: Logs

    /// The longest wait of a log line.
    private static let gracePeriod: Int32 = 500
    /// A pipe that is ready accepts this many bytes without waiting (PIPE_BUF).
    private static let atOnce = 4096
    private let isStuck = Mutex(false)

    /// Writes a log line, or drops it where it cannot be written now: a full log must not stop a server.
    func log(_ line: String) {
        self.isStuck.withLock { isStuck in
            var rest = Array(line.utf8)[...]
            while !rest.isEmpty {
                // After the reader stops reading, no further line waits for it.
                isStuck = !self.isReady(within: isStuck ? 0 : Self.gracePeriod)
                let part = rest.prefix(Self.atOnce)
                guard !isStuck, part.withUnsafeBufferPointer({ self.writeAll($0) }) == nil else { return }
                rest = rest.dropFirst(part.count)
            }
        }
    }

    /// Waits until a write would not block.
    private func isReady(within milliseconds: Int32) -> Bool {
        var event = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        var answer: Int32
        repeat { answer = poll(&event, 1, milliseconds) } while answer == -1 && errno == EINTR
        return answer == 1
    }
}
