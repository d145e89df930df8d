import HTTPTypes
import Hummingbird
import Unstick
import UnstickLearning
import UnstickServer

extension AdminPages {
    /// The longest pause, in minutes.
    private static let longestPause = Int(Pause.longest.inMilliseconds / 60_000)
    /// The default length of a pause, in minutes.
    private static let usualPause = 60

    var policyRoutes: [PageRoute] {
        [
            .get("/policy") { visit in try await self.policyPage(visit) },
            .post("/policy/reload", .administer) { visit in try await self.reloadPolicy(visit) },
            .post("/pause", .operate) { visit in try await self.pause(visit) },
            .post("/resume", .operate) { visit in try await self.resume(visit) },
        ]
    }

    private func policyPage(_ visit: PageRequest) async throws -> Response {
        let policy = self.api.configuration.policy.current
        let isPaused = try await self.api.store.currentPause() != nil
        let past = PastView(lesson: await self.past.now(), failure: await self.past.failure)
        let mayPause = visit.may(.operate) && !isPaused
        let content = PolicyContent(
            source: self.configuration.policySource(),
            canReload: visit.may(.administer) && self.api.configuration.reloadPolicy != nil,
            rules: RuleRow.rows(policy),
            guard: policy.massFailureGuard.sentence,
            pause: mayPause ? PauseFields(minutes: "\(Self.usualPause)") : nil,
            canResume: visit.may(.operate) && isPaused,
            past: past
        )
        return try await self.page(content, visit, title: "Policy", live: past.isAwaited ? .past : nil)
    }

    private func reloadPolicy(_ visit: PageRequest) async throws -> Response {
        _ = try await Form(of: visit)
        do {
            _ = try await self.api.reloadPolicy(by: visit.administration(of: self.api))
        } catch let error as UnstickError where error.code == .invalidInput {
            return try await self.wrongPolicyPage(error, visit)
        }
        return .seeOther(visit.href("/policy?did=reloaded"))
    }

    /// All errors in the file, a line for each.
    private func wrongPolicyPage(_ error: UnstickError, _ visit: PageRequest) async throws -> Response {
        let status = HTTPResponse.Status.unprocessableContent
        let content = ErrorContent(
            status: "\(status.code)",
            what: "Nothing was changed: the previous policy stays in force.",
            why: error.message.split(separator: "\n").map(String.init),
            next: "Fix the file, then reload it.",
            backHref: visit.href("/policy"),
            backText: "To the policy"
        )
        return try await self.page(content, visit, title: "The policy file is invalid", status: status)
    }

    private func pause(_ visit: PageRequest) async throws -> Response {
        let form = try await Form(of: visit)
        guard let minutes = try form.integer("minutes", "The minutes", in: 1...Self.longestPause) else {
            throw Problem.badRequest("Enter the number of minutes.", parameter: "minutes")
        }
        _ = try await visit.administration(of: self.api).pause(for: .seconds(minutes * 60))
        return .seeOther(visit.href("/policy?did=paused"))
    }

    private func resume(_ visit: PageRequest) async throws -> Response {
        _ = try await Form(of: visit)
        _ = try await visit.administration(of: self.api).resume()
        return .seeOther(visit.href("/policy?did=resumed"))
    }
}

struct PolicyContent: PageContent {
    static let template = "policy"

    var source: String
    var canReload: Bool
    var rules: [RuleRow]
    var `guard`: String
    var pause: PauseFields?
    var canResume: Bool
    var past: PastView
}

/// The fields of the form that pauses cleaning.
struct PauseFields {
    var minutes: String
}
