import Foundation
import Unstick

/// A mapping for a well-known queue's own tables, and what it takes to change a job there and stay valid.
public struct Preset: Sendable {
    /// Its name, as the command line has it.
    public let name: String
    /// Where its jobs are.
    ///
    /// Its `onStuck` is `report` for a foreign queue, because two rescuers are how a job runs twice.
    public let mapping: TableMapping
    /// What fails a job: SQL of this package, never of a mapping.
    ///
    /// The last statement answers with a row for each item of the batch. Without it the mapping says what is set.
    let fail: String?
    /// What sends a job back to the queue; see ``fail``.
    let retry: String?
    /// Why a queue's job cannot be changed by SQL.
    let whyNot: String?

    /// The presets, by name.
    public static let all = [
        Preset(
            "delayed_job",
            PackageResources.delayed_job_json,
            fail: PackageResources.delayed_job_fail_sql,
            retry: PackageResources.delayed_job_retry_sql
        ),
        Preset(
            "good_job",
            PackageResources.good_job_json,
            fail: PackageResources.good_job_fail_sql,
            retry: PackageResources.good_job_retry_sql
        ),
        Preset(
            "graphile_worker",
            PackageResources.graphile_worker_json,
            fail: PackageResources.graphile_worker_fail_sql,
            retry: PackageResources.graphile_worker_retry_sql
        ),
        Preset(
            "laravel",
            PackageResources.laravel_json,
            fail: PackageResources.laravel_fail_sql,
            whyNot: "a job without tries left would fail at once; Laravel retries it by itself"
        ),
        Preset(
            "oban",
            PackageResources.oban_json,
            fail: PackageResources.oban_fail_sql,
            retry: PackageResources.oban_retry_sql
        ),
        Preset(
            "pg_boss",
            PackageResources.pg_boss_json,
            fail: PackageResources.pg_boss_fail_sql,
            retry: PackageResources.pg_boss_retry_sql
        ),
        Preset(
            "pgqueuer",
            PackageResources.pgqueuer_json,
            fail: PackageResources.pgqueuer_fail_sql,
            retry: PackageResources.pgqueuer_retry_sql
        ),
        Preset("prisma", PackageResources.prisma_json),
        Preset(
            "procrastinate",
            PackageResources.procrastinate_json,
            fail: PackageResources.procrastinate_fail_sql,
            retry: PackageResources.procrastinate_retry_sql
        ),
        Preset(
            "river",
            PackageResources.river_json,
            fail: PackageResources.river_fail_sql,
            retry: PackageResources.river_retry_sql
        ),
        Preset(
            "solid_queue",
            PackageResources.solid_queue_json,
            fail: PackageResources.solid_queue_fail_sql,
            retry: PackageResources.solid_queue_retry_sql
        ),
    ]

    /// The preset of this name.
    ///
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument`, listing those that there are.
    public static func named(_ name: String) throws -> Preset {
        guard let preset = self.all.first(where: { $0.name == name }) else {
            throw UnstickError(
                .invalidArgument,
                "There is no preset '\(name)'. There are: \(self.all.map(\.name).joined(separator: ", "))."
            )
        }
        return preset
    }

    private init(
        _ name: String,
        _ mapping: [UInt8],
        fail: [UInt8]? = nil,
        retry: [UInt8]? = nil,
        whyNot: String? = nil
    ) {
        self.name = name
        do {
            self.mapping = try TableMapping(json: Data(mapping))
        } catch {
            preconditionFailure("the preset \(name): \(error)")
        }
        self.fail = fail.map { String(decoding: $0, as: UTF8.self) }
        self.retry = retry.map { String(decoding: $0, as: UTF8.self) }
        self.whyNot = whyNot
    }

    /// Whether changing a job takes statements of its own, or goes by the mapping.
    var isForeign: Bool { self.mapping.onStuck == .report }
}
