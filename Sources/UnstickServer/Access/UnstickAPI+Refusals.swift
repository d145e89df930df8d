import HTTPTypes
import Logging
import Unstick

extension UnstickAPI {
    /// Counts a refused call, and logs it where that is due.
    ///
    /// - Parameters:
    ///   - client: its origin.
    ///   - reason: why it is refused.
    ///   - name: the name of the caller, where it is known.
    @discardableResult
    package func refuse(_ client: Client, _ reason: Refusals.Reason, name: String? = nil) -> Refusals.Standing {
        let standing = self.configuration.refusals.add(reason, by: client.group)
        if let notice = standing.notice {
            var metadata: Logger.Metadata = [
                "reason": "\(reason.rawValue)", "address": "\(client.address ?? "unknown")",
                "refused": .stringConvertible(notice.refused),
            ]
            if let name { metadata["name"] = "\(name)" }
            if notice.unreported > 0 { metadata["unreported"] = .stringConvertible(notice.unreported) }
            self.logger.notice("Call refused", metadata: metadata)
        }
        return standing
    }

    /// The answer to a refused call: why, or how long to wait.
    package func refusal(
        of client: Client,
        _ reason: Refusals.Reason,
        name: String? = nil,
        otherwise error: any Error
    ) -> any Error {
        self.refuse(client, reason, name: name).wait.map { Problem.tooManyRefusals(wait: $0) } ?? error
    }
}

extension Problem {
    /// Many calls from one address were refused.
    package static func tooManyRefusals(wait: Duration) -> Problem {
        Problem(
            status: .tooManyRequests,
            code: "too_many_refusals",
            detail:
                "Too many calls from your address were refused. Check the credential, and try again in \(wait.text); "
                + "a call with the right credential is answered at once.",
            retryAfter: wait.wholeSeconds
        )
    }
}

extension Duration {
    /// The seconds, rounded up; at least 1.
    package var wholeSeconds: Int { max(1, (self.inMilliseconds + 999) / 1000) }
}
