import ArgumentParser
import Foundation
import Unstick

/// Parses, runs, and converts errors to a message and an exit code.
@main
enum Main {
    static func main() async {
        StandardStream.prepare()
        // Not `exit`: libraries would clean up at the exit while threads still close connections with them.
        _exit(Output.exitCode(await self.run()))
    }

    /// - Returns: the exit code.
    private static func run() async -> Int32 {
        do {
            try self.checkArguments()
            var command = try UnstickCommand.parseCall(Array(CommandLine.arguments.dropFirst()))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return self.report(error)
        }
    }

    /// Refuses an argument that is not UTF-8: an id with a replaced byte would be another id.
    private static func checkArguments() throws {
        for (place, argument) in UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
            .enumerated()
        where argument.map({ String(validatingCString: $0) == nil }) ?? false {
            throw UnstickError(.invalidArgument, "Argument \(place) is not UTF-8. Check the terminal's encoding.")
        }
    }

    /// Reports an error on standard error.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let code as ExitCode:
            return code.rawValue
        case let error as UnstickError:
            Output.error(error.description)
            return Exit.code(for: error).rawValue
        default:
            let code = UnstickCommand.exitCode(for: error)
            guard !code.isSuccess else {
                Output.line(UnstickCommand.fullMessage(for: error))
                return code.rawValue
            }
            Output.error(self.withoutSecrets(UnstickCommand.fullMessage(for: error)))
            return code == .validationFailure ? Exit.wrongUse.rawValue : Exit.incomplete.rawValue
        }
    }

    /// An argument in the wrong place may be the URL of a database.
    private static func withoutSecrets(_ message: String) -> String {
        message.replacing(/[a-z]+:\/\/[^\s']+/) { DatabaseOptions.masked(String($0.output)) }
    }
}

/// The exit codes, for scripts.
enum Exit {
    /// Some jobs could not be cleaned, a run was held, or the ledger has a mismatch.
    static let incomplete = ExitCode(1)
    /// Wrong use of the command, or unreadable input.
    static let wrongUse = ExitCode(2)
    /// The database cannot be reached.
    static let noDatabase = ExitCode(3)

    static func code(for error: UnstickError) -> ExitCode {
        switch error.code {
        case .invalidArgument, .invalidInput, .amountOutOfRange: wrongUse
        case .databaseUnavailable, .schemaMismatch: noDatabase
        case .insufficientTokens, .conflict, .notFound, .refundRefused, .databaseRejected, .databaseUnusable,
            .exceedsHold, .lockTimeout:
            incomplete
        }
    }
}
