package import Foundation

/// A process that inherits nothing but its standard streams.
///
/// Foundation's own detects the end by an open descriptor, which every process that starts in the meantime inherits and
/// keeps open.
package final class ChildProcess: Sendable {
    package let id: pid_t

    /// The destination of a standard stream.
    package enum Stream {
        case nowhere
        case file(URL)
        case descriptor(Int32)
    }

    /// Starts a command, found along the `PATH`.
    package init(
        _ command: [String],
        in folder: URL = URL(filePath: "/tmp"),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        output: Stream = .nowhere,
        errors: Stream = .nowhere
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        // The thread that starts it may block signals, and a child would inherit that and never receive one.
        var attributes = posix_spawnattr_t()
        var noSignals = sigset_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        for (number, stream) in [(Int32(1), output), (2, errors)] {
            switch stream {
            case .nowhere: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
            case .file(let url):
                posix_spawn_file_actions_addopen(&actions, number, url.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            }
        }
        // The shell closes what it inherited, and replaces itself with the program.
        let clean = """
            for file in /proc/self/fd/*; do
                file=${file##*/}; [ "$file" -gt 2 ] && eval "exec $file>&-"
            done
            cd "$0" && exec "$@"
            """
        let arguments = (["/bin/bash", "-c", clean, folder.path] + command).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, "/bin/bash", &actions, &attributes, arguments, variables)
        guard code == 0 else { throw Failure(text: "\(command[0]): \(String(cString: strerror(code)))") }
        self.id = id
    }

    package func signal(_ number: Int32) { kill(self.id, number) }

    /// Blocks until it has ended.
    ///
    /// - Returns: its exit status, or the negative number of the signal that ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(self.id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : -signal
    }

    /// Waits until it has ended, on its own thread; see ``wait()``.
    package func ending() async -> Int32 {
        await withCheckedContinuation { caller in
            Thread.detachNewThread { caller.resume(returning: self.wait()) }
        }
    }

    /// Why a command could not be run, or its error output.
    package struct Failure: Error, CustomStringConvertible {
        package let text: String
        package var description: String { self.text }
    }

    /// Runs a command to its end on its own thread, and returns its output.
    ///
    /// - Throws: ``Failure`` with its error output, when it ends with another status than 0.
    @discardableResult
    package static func run(_ command: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { caller in
            Thread.detachNewThread { caller.resume(with: Result { try Self.runBlocking(command) }) }
        }
    }

    /// The same on the caller's thread: only for short commands, because other tests wait for the thread.
    @discardableResult
    package static func runBlocking(_ command: [String]) throws -> String {
        var (output, errors) = ([Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2))
        guard pipe(&output) == 0, pipe(&errors) == 0 else { throw Failure(text: "no pipe") }
        let child = try ChildProcess(command, output: .descriptor(output[1]), errors: .descriptor(errors[1]))
        for end in [output[1], errors[1]] { close(end) }
        let text = FileHandle(fileDescriptor: output[0], closeOnDealloc: true).readDataToEndOfFile()
        let complaint = FileHandle(fileDescriptor: errors[0], closeOnDealloc: true).readDataToEndOfFile()
        guard child.wait() == 0 else {
            throw Failure(text: "\(command): " + String(decoding: complaint, as: UTF8.self))
        }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
