import ArgumentParser
import Foundation
import Unstick
import UnstickSQL

/// The database of a command.
struct DatabaseOptions: ParsableArguments {
    static let standard = "sqlite:unstick.db"

    @Option(
        help:
            "The database: sqlite:PATH, postgres://… or mysql://…. Default: DATABASE_URL, else \(DatabaseOptions.standard)."
    )
    var database: String?
    @Option(help: "A YAML file that maps your own tables (UNSTICK_MAPPING).")
    var mapping: String?
    @Option(help: "The tables of a known queue: \(Preset.all.map(\.name).joined(separator: ", ")) (UNSTICK_PRESET).")
    var preset: String?
    @Option(help: "What happens to a stuck job of your own tables: fail, retry or report (UNSTICK_ON_STUCK).")
    var onStuck: String?
    @Flag(help: "Search a large table although no index fits.")
    var fullScan = false

    /// Opens the database to read it; nothing in it changes.
    func openToRead() async throws -> any Store {
        try await self.place.open(for: .reading, warn: { Output.note($0) })
    }

    /// Opens the database; a missing one is refused, so that a typing error in its name is noticed.
    func open() async throws -> any Store {
        try await self.place.open(for: .changing, warn: { Output.note($0) })
    }

    /// Opens the database, or creates it.
    func openOrCreate() async throws -> any Store {
        try await self.place.open(for: .creating, warn: { Output.note($0) })
    }

    /// The values of the options; see ``Settings``.
    var flags: [Settings.Name: String?] {
        [
            .databaseURL: self.database, .mapping: self.mapping, .preset: self.preset, .onStuck: self.onStuck,
        ]
    }

    /// What a command does with the database.
    enum Purpose {
        /// It only reads: neither data nor schema changes.
        case reading
        /// It changes existing data.
        case changing
        /// It creates the database if it does not exist.
        case creating
    }

    /// The options, with the environment's values for those that are not given.
    var place: Place {
        get throws {
            var place = try Place(Settings(flags: self.flags))
            place.allowsFullScan = self.fullScan
            return place
        }
    }

    /// A URL without its password; a text of no known form is hidden completely.
    static func masked(_ text: String) -> String {
        if text.hasPrefix("sqlite:") {
            return text.prefix { $0 != "?" } + (text.contains("?") ? "?***" : "")
        }
        let form =
            /((?:postgres(?:ql)?|mysql|mariadb):\/\/)(?:([^:@\/\s]*)(:[^@\/\s]*)?@)?([^@\/?\s]*(?:\/[^@\/?\s]*)?)(?:\?(\S*))?/
        guard let match = text.wholeMatch(of: form)?.output else { return "***" }
        let user = match.2.map { "\($0)\(match.3 == nil ? "" : ":***")@" } ?? ""
        let parameters = match.5.map {
            "?" + $0.split(separator: "&").map(Self.masked(parameter:)).joined(separator: "&")
        }
        return "\(match.1)\(user)\(match.4)\(parameters ?? "")"
    }

    private static func masked(parameter: Substring) -> String {
        let shown = [
            "host", "port", "dbname", "user", "sslmode", "sslrootcert", "target_session_attrs", "connect_timeout",
            "ssl-mode", "ssl-ca", "socket",
        ]
        let name = String(parameter.prefix { $0 != "=" })
        return shown.contains(name) ? String(parameter) : "\(name)=***"
    }

    /// A database, and the tables in it.
    struct Place {
        var url: String
        var mapping: String?
        var preset: String?
        var onStuck: String?
        var connections: Int
        var allowsFullScan = false

        /// - Throws: `invalidArgument` for an invalid number of connections.
        init(_ settings: Settings) throws {
            guard let connections = settings[.poolSize].flatMap({ Int($0) }), 1...1000 ~= connections else {
                throw UnstickError(.invalidArgument, "DATABASE_POOL_SIZE must be from 1 to 1000 connections.")
            }
            self.url = settings[.databaseURL] ?? DatabaseOptions.standard
            self.mapping = settings[.mapping]
            self.preset = settings[.preset]
            self.onStuck = settings[.onStuck]
            self.connections = connections
        }

        /// - Throws: `invalidArgument` for a URL of no known database.
        var driver: any DatabaseDriver {
            get throws {
                let driver = databaseDrivers.first { $0.schemes.contains { self.url.hasPrefix($0) } }
                if let driver { return driver }
                throw UnstickError(
                    .invalidArgument,
                    "The database must be given as sqlite:PATH, for example \(DatabaseOptions.standard), as postgres://… or as "
                        + "mysql://…"
                )
            }
        }

        /// Opens the database, and warns of settings of its server that put money at risk.
        func open(for purpose: Purpose, warn: (String) -> Void) async throws -> any SQLStore {
            let store = try await self.driver.open(self, for: purpose)
            for warning in try await store.engine.warnings() { warn("Warning: " + warning) }
            return store
        }

        /// The mapped tables; `nil` for Unstick's own.
        func tables() throws -> (MappingFile, Preset?)? {
            var mapping: MappingFile
            var preset: Preset?
            switch (self.mapping, self.preset) {
            case (nil, nil): return nil
            case (let file?, nil): mapping = try MappingFile(path: file)
            case (nil, let name?):
                let named = try Preset.named(name)
                (mapping, preset) = (named.mapping, named)
            case (_?, _?):
                throw UnstickError(
                    .invalidArgument,
                    "Give --mapping or --preset, not both. UNSTICK_MAPPING and UNSTICK_PRESET count too."
                )
            }
            if let onStuck {
                guard let chosen = MappingFile.OnStuck(rawValue: onStuck) else {
                    throw UnstickError(.invalidArgument, "--on-stuck must be fail, retry or report.")
                }
                mapping.onStuck = chosen
            }
            return (mapping, preset)
        }

        /// The file of an SQLite database.
        ///
        /// - Throws: `invalidArgument` where the database is not one.
        var path: String {
            get throws {
                guard self.url.hasPrefix("sqlite:"), self.url.count > "sqlite:".count else {
                    throw UnstickError(
                        .invalidArgument,
                        "The database must be given as sqlite:PATH, for example \(DatabaseOptions.standard)."
                    )
                }
                return String(self.url.dropFirst("sqlite:".count))
            }
        }
    }
}
