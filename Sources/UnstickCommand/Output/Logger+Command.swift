import Foundation
import Logging
import Unstick

extension Logger {
    /// The log of a command, to standard error: none unless LOG_LEVEL or LOG_FORMAT is set, since a command prints its
    /// result.
    ///
    /// - Throws: `invalidArgument` where one of them is set to what is none.
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
