import Foundation
import Logging
import Unstick

/// The format of log lines, always on standard error.
enum LogFormat: String {
    /// A line for people.
    case text
    /// A JSON object a line, for machines.
    case json

    /// The default format: text at a terminal, otherwise JSON.
    static var standard: LogFormat { isatty(STDERR_FILENO) == 0 ? .json : .text }

    /// - Throws: `invalidArgument` for an unknown format.
    init(setting text: String) throws {
        guard let format = LogFormat(rawValue: text.lowercased()) else {
            throw UnstickError(.invalidArgument, "LOG_FORMAT must be json or text.")
        }
        self = format
    }

    func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "unstick") { LineLogHandler(label: $0, format: self) }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level {
    /// - Throws: `invalidArgument` for an unknown level.
    init(setting text: String) throws {
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw UnstickError(
                .invalidArgument,
                "LOG_LEVEL must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
        self = level
    }
}

extension Logger {
    /// The log of a command, on standard error: none unless LOG_LEVEL or LOG_FORMAT is set, because a command prints
    /// its result.
    ///
    /// - Throws: `invalidArgument` where one of them is invalid.
    static var command: Logger {
        get throws {
            func setting(_ name: Settings.Name) -> String? {
                ProcessInfo.processInfo.environment[name.variable].flatMap { $0.isEmpty ? nil : $0 }
            }
            let level = try setting(.logLevel).map { try Logger.Level(setting: $0) }
            let format = try setting(.logFormat).map { try LogFormat(setting: $0) }
            guard level != nil || format != nil else {
                return Logger(label: "unstick") { _ in SwiftLogNoOpLogHandler() }
            }
            return (format ?? .standard).logger(level: level ?? .info)
        }
    }
}
