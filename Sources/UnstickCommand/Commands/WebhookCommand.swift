import ArgumentParser
import Foundation
import Unstick
import UnstickServer

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Manage webhooks and their deliveries.",
        subcommands: [
            Add.self, List.self, Enable.self, Disable.self, Rotate.self, Remove.self, Test.self, Deliveries.self,
            Replay.self,
        ]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a webhook and show its secret once.")

        @Argument(
            help: "The URL that events are sent to: https, and a public address unless WEBHOOK_ALLOW_CIDRS allows it."
        )
        var url: String
        @Option(
            help:
                "The events to send, separated by commas: types, families such as job.*, or * for all but tokens.refund_due."
        )
        var events = "*"
        @Option(help: "A note on its purpose.")
        var note: String?
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let endpoint = try await self.database.withWebhooks(self.actor, create: true) {
                try await $0.addWebhook(url: self.url, events: self.events.listed, note: self.note, with: $1)
            }
            try self.output.show(secretOf: endpoint)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rotate a webhook's secret and show the new one once.",
            discussion: "Both secrets sign during --overlap, so that the receiver can switch to the new one."
        )

        @Argument(help: "The webhook's id.")
        var id: String
        @Option(
            help: "How long the old secret stays valid; use 0s for a leaked secret.",
            transform: DurationArgument.init(parsing:)
        )
        var overlap = DurationArgument(.seconds(86_400))
        @Flag(help: "Rotate although an earlier secret is still valid; that secret stops being valid.")
        var force = false
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let endpoint = try await self.database.withWebhooks(self.actor) {
                try await $0.rotateWebhook(self.id, overlap: self.overlap.duration, force: self.force, with: $1)
            }
            try self.output.show(secretOf: endpoint)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List webhooks, oldest first.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openToRead()
            let (webhooks, now) = (try await store.webhooks(), try await store.now())
            if self.output.json { return try Output.json(["webhooks": webhooks]) }
            guard !webhooks.isEmpty else {
                return Output.line("No webhooks yet. 'unstick webhook add URL' adds one.")
            }
            var table = Table(
                .whole("id"),
                .text("url"),
                .text("events"),
                .text("state"),
                .number("waiting"),
                .number("dead")
            )
            for webhook in webhooks {
                let endpoint = webhook.endpoint
                table.add(
                    endpoint.id,
                    endpoint.url,
                    endpoint.events.joined(separator: ","),
                    endpoint.state(now),
                    webhook.waiting.grouped,
                    webhook.dead.grouped
                )
            }
            table.print()
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enable a webhook. Its waiting deliveries are sent."
        )

        @Argument(help: "The webhook's id.")
        var id: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await self.database.withWebhooks(self.actor) {
                try await $0.changeWebhook(self.id, Webhooks.Change(isEnabled: true), with: $1)
            }
            if self.output.json { return try Output.json(["enabled": self.id]) }
            Output.line("Enabled '\(self.id)'.")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable a webhook. Its waiting deliveries are kept."
        )

        @Argument(help: "The webhook's id.")
        var id: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await self.database.withWebhooks(self.actor) {
                try await $0.changeWebhook(self.id, Webhooks.Change(isEnabled: false), with: $1)
            }
            if self.output.json { return try Output.json(["disabled": self.id]) }
            Output.line("Disabled '\(self.id)'. 'unstick webhook enable \(self.id)' enables it again.")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a webhook and its waiting deliveries.")

        @Argument(help: "The webhook's id.")
        var id: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await self.database.withWebhooks(self.actor) { try await $0.removeWebhook(self.id, with: $1) }
            if self.output.json { return try Output.json(["removed": self.id]) }
            Output.line("Removed '\(self.id)'.")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test event to a webhook at once and show the result.",
            discussion: "Exits with 1 when the receiver did not accept it."
        )

        @Argument(help: "The webhook's id.")
        var id: String
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let result = try await self.database.withWebhooks(self.actor) {
                try await $0.testWebhook(self.id, with: $1)
            }
            if self.output.json {
                try Output.json(result)
            } else if result.delivered {
                Output.line("Delivered in \(result.durationMs) ms (status \(result.status ?? 0)).", .good)
            } else {
                Output.line("Not delivered: \(result.error ?? "unknown")", .error)
            }
            if !result.delivered { throw Exit.incomplete }
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List deliveries, newest event first."
        )

        @Option(help: "Only deliveries to this webhook.")
        var endpoint: String?
        @Option(help: "Only deliveries with this status: PENDING, DELIVERED or DEAD.")
        var status: WebhookDelivery.Status?
        @Option(help: "Only deliveries about this job.")
        var job: String?
        @OptionGroup var page: PageOptions
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.openToRead()
            let filter = DeliveryFilter(endpointID: self.endpoint, status: self.status, jobID: self.job)
            let found = try await store.page(filter, cursor: self.page.cursor, limit: self.page.checkedLimit())
            if self.output.json { return try Output.json(found) }
            let now = try await store.now()
            // Two lines each: an event's id, which 'replay' takes, fills most of one.
            for delivery in found.deliveries {
                Output.line("\(delivery.type)  \(delivery.eventID)")
                let tries = delivery.attempts.of("try", "tries")
                let state =
                    "  to \(delivery.endpointID): \(delivery.status.rawValue), \(tries)\(delivery.description(now))"
                Output.line(state, .quiet)
            }
            if found.deliveries.isEmpty, found.nextCursor == nil { Output.line("No deliveries.") }
            self.page.showNext(found.nextCursor)
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send dead deliveries again, or delivered ones with --delivered.",
            discussion: "A running server sends them, with the same event ids, so that receivers can detect repeats."
        )

        @Argument(help: "Only this event.")
        var event: String?
        @Option(help: "Only deliveries to this webhook.")
        var endpoint: String?
        @Option(help: "Only events within this time: 2h, 3d.", transform: DurationArgument.init(parsing:))
        var since: DurationArgument?
        @Flag(help: "Replay delivered deliveries in place of dead ones.")
        var delivered = false
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let store = try await self.database.open()
            let now = try await store.now()
            let selection = ReplaySelection(
                endpointID: self.endpoint,
                eventID: self.event,
                since: self.since.map { now - $0.duration },
                status: self.delivered ? .delivered : .dead
            )
            let replayed = try await self.actor.administration(of: store).replay(selection)
            guard replayed > 0 || self.event == nil else {
                throw UnstickError(
                    .notFound,
                    "The event '\(self.event ?? "")' has no delivery in state \(selection.status.rawValue), so nothing is sent again. "
                        + "Check the id with 'unstick webhook deliveries', or \(self.delivered ? "omit" : "add") --delivered."
                )
            }
            if self.output.json { return try Output.json(["replayed": replayed]) }
            Output.line("\(replayed.of("delivery", "deliveries")) will be sent again.")
        }
    }
}

extension OutputOptions {
    fileprivate func show(secretOf endpoint: WebhookEndpoint) throws {
        if self.json {
            return try Output.json(["id": endpoint.id, "secret": endpoint.secrets.current])
        }
        Output.line("\(endpoint.id)  \(endpoint.secrets.current)")
        Output.note(
            "Copy the secret now: it is not shown again. 'unstick webhook test \(endpoint.id)' sends a test event."
        )
    }
}

extension WebhookEndpoint {
    fileprivate func state(_ now: Timestamp) -> String {
        if let disabled { return "off: \(disabled.reason)" }
        return self.failingSince.map { "failing for \((now - $0).text)" } ?? "on"
    }
}

extension WebhookDelivery {
    fileprivate func description(_ now: Timestamp) -> String {
        let next = self.nextAt.map { $0 > now ? ", next try \($0.ago(now))" : ", due" } ?? ""
        let last = (self.lastError ?? self.lastStatus.map { "status \($0)" }).map { ", \($0)" } ?? ""
        return last + next
    }
}

extension String {
    /// The parts between commas.
    fileprivate var listed: [String] {
        self.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension DatabaseOptions {
    /// Makes an object that calls webhooks, with the environment's rules for destinations.
    fileprivate func withWebhooks<Value>(
        _ actor: ActorOptions,
        create: Bool = false,
        _ body: (Administration, Webhooks) async throws -> Value
    ) async throws -> Value {
        let store = create ? try await self.openOrCreate() : try await self.open()
        let administration = try actor.administration(of: store)
        let webhooks = Webhooks(
            store: store,
            receivers: try WebhookReceivers(Settings()),
            logger: try .command
        )
        do {
            let value = try await body(administration, webhooks)
            await webhooks.shutdown()
            return value
        } catch {
            await webhooks.shutdown()
            throw error
        }
    }
}
