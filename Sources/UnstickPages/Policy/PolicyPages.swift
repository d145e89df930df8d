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
            .get("/policy") { request in try await self.policyPage(request) },
            .post("/policy/reload", .administer) { request in try await self.reloadPolicy(request) },
            .post("/pause", .operate) { request in try await self.pause(request) },
            .post("/resume", .operate) { request in try await self.resume(request) },
        ]
    }

    private func policyPage(_ request: PageRequest) async throws -> Response {
        let policy = self.api.configuration.policy.current
        let isPaused = try await self.api.store.currentPause() != nil
        let past = PastView(lesson: await self.past.now(), failure: await self.past.failure)
        let mayPause = request.may(.operate) && !isPaused
        let content = PolicyContent(
            source: self.configuration.policySource(),
            canReload: request.may(.administer) && self.api.configuration.reloadPolicy != nil,
            rules: RuleRow.rows(policy),
            guard: policy.massFailureGuard.sentence,
            pause: mayPause ? PauseFields(minutes: "\(Self.usualPause)") : nil,
            canResume: request.may(.operate) && isPaused,
            past: past
        )
        return try await self.page(content, request, title: "Policy", live: past.isAwaited ? .past : nil)
    }

    private func reloadPolicy(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        do {
            _ = try await self.api.reloadPolicy(by: request.administration(of: self.api))
        } catch let error as UnstickError where error.code == .invalidInput {
            return try await self.wrongPolicyPage(error, request)
        }
        return .seeOther(request.href("/policy?did=reloaded"))
    }

    /// All errors in the file, a line for each.
    private func wrongPolicyPage(_ error: UnstickError, _ request: PageRequest) async throws -> Response {
        let status = HTTPResponse.Status.unprocessableContent
        let content = ErrorContent(
            status: "\(status.code)",
            what: "Nothing was changed: the previous policy stays in force.",
            why: error.message.split(separator: "\n").map(String.init),
            next: "Fix the file, then reload it.",
            backHref: request.href("/policy"),
            backText: "To the policy"
        )
        return try await self.page(content, request, title: "The policy file is invalid", status: status)
    }

    private func pause(_ request: PageRequest) async throws -> Response {
        let form = try await Form(of: request)
        guard let minutes = try form.integer("minutes", "The minutes", in: 1...Self.longestPause) else {
            throw Problem.badRequest("Enter the number of minutes.", parameter: "minutes")
        }
        _ = try await request.administration(of: self.api).pause(for: .seconds(minutes * 60))
        return .seeOther(request.href("/policy?did=paused"))
    }

    private func resume(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        _ = try await request.administration(of: self.api).resume()
        return .seeOther(request.href("/policy?did=resumed"))
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
