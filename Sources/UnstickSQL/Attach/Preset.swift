import Foundation
import Unstick
import Yams

/// A mapping for a well-known queue's own tables, with SQL that changes a job and keeps the queue valid.
///
/// A preset is one YAML file: the keys of a mapping, and `fail` and `retry` with the SQL of each database.
public struct Preset: Sendable {
    /// Its name on the command line.
    public let name: String
    /// The mapping of its tables.
    ///
    /// Its `onStuck` is `report` for a foreign queue: with two recovery mechanisms a job can run twice.
    public let mapping: MappingFile
    /// The script that fails a job, by the name of the database; SQL of this package, never of a mapping.
    ///
    /// The last statement returns a row for each item of the batch. Without a script the mapping defines the changes.
    package let fail: [String: String]
    /// The script that returns a job to the queue; see ``fail``.
    package let retry: [String: String]
    /// Why SQL cannot return a job of the queue to it.
    package let noRetry: String?

    /// The presets, by name.
    public static let all = [
        Preset("delayed_job", PackageResources.delayed_job_yaml),
        Preset("good_job", PackageResources.good_job_yaml),
        Preset("graphile_worker", PackageResources.graphile_worker_yaml),
        Preset("laravel", PackageResources.laravel_yaml),
        Preset("oban", PackageResources.oban_yaml),
        Preset("pg_boss", PackageResources.pg_boss_yaml),
        Preset("pgqueuer", PackageResources.pgqueuer_yaml),
        Preset("prisma", PackageResources.prisma_yaml),
        Preset("procrastinate", PackageResources.procrastinate_yaml),
        Preset("river", PackageResources.river_yaml),
        Preset("solid_queue", PackageResources.solid_queue_yaml),
    ]

    /// The preset of this name.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` with the list of presets.
    public static func named(_ name: String) throws -> Preset {
        guard let preset = self.all.first(where: { $0.name == name }) else {
            throw UnstickError(
                .invalidArgument,
                "There is no preset '\(name)'. There are: \(self.all.map(\.name).joined(separator: ", "))."
            )
        }
        return preset
    }

    private init(_ name: String, _ file: [UInt8]) {
        do {
            try self.init(name, yaml: String(decoding: file, as: UTF8.self))
        } catch {
            preconditionFailure("the preset \(name): \(error)")
        }
    }

    private init(_ name: String, yaml: String) throws {
        var file = try Yams.load(yaml: yaml) as? [String: Any] ?? [:]
        self.name = name
        self.fail = file.removeValue(forKey: "fail") as? [String: String] ?? [:]
        self.retry = file.removeValue(forKey: "retry") as? [String: String] ?? [:]
        self.noRetry = file.removeValue(forKey: "noRetry") as? String
        self.mapping = try MappingFile(json: JSONSerialization.data(withJSONObject: file))
    }

    /// Whether the preset has its own statements to change a job; otherwise the mapping defines the changes.
    package var isForeign: Bool { self.mapping.onStuck == .report }
}
