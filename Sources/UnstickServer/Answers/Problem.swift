package import HTTPTypes
import Hummingbird
package import Unstick

/// An error answer by RFC 9457.
///
/// Thrown by routes and by the code that they call.
package struct Problem: Error {
    /// One error in the input, with its JSON pointer or parameter.
    package struct Detail: Encodable, Hashable {
        package var pointer: String?
        package var parameter: String?
        package var detail: String
    }

    package var status: HTTPResponse.Status
    package var code: String
    package var detail: String
    package var errors: [Detail] = []
    var allow: [HTTPRequest.Method] = []
    /// When a retry makes sense, in seconds.
    package var retryAfter: Int?
    var runID: String?
    var refusal: Refusal?
    var shortage: UnstickError.Shortage?

    package static func badRequest(_ detail: String, pointer: String? = nil, parameter: String? = nil) -> Problem {
        Problem(
            status: .badRequest,
            code: "invalid_request",
            detail: detail,
            errors: [Detail(pointer: pointer, parameter: parameter, detail: detail)]
        )
    }

    package static func notFound(_ detail: String) -> Problem {
        Problem(status: .notFound, code: "not_found", detail: detail)
    }

    static func methodNotAllowed(_ path: String, allow: [HTTPRequest.Method]) -> Problem {
        Problem(
            status: .methodNotAllowed,
            code: "method_not_allowed",
            detail: "\(path) only accepts \(allow.map(\.rawValue).joined(separator: ", ")).",
            allow: allow
        )
    }

    static let unauthorized = Problem(
        status: .unauthorized,
        code: "unauthorized",
        detail: "Send an API key as 'Authorization: Bearer …'. 'unstick key create NAME' creates one."
    )

    package static func forbidden(to role: Role, _ needed: Set<Role.Right>) -> Problem {
        let roles = Role.allCases.filter { role in needed.contains { role.has($0) } }.map(\.rawValue)
        return Problem(
            status: .forbidden,
            code: "forbidden",
            detail:
                "The role '\(role.rawValue)' is not allowed to do this. Required role: \(roles.joined(separator: " or "))."
        )
    }

    /// A transition that the job's state refuses.
    static func refused(_ job: Job, _ attempt: Int?) -> Problem {
        let refusal = job.refusal(of: attempt)
        var problem = Problem(status: .conflict, code: "refused", detail: refusal.message)
        problem.refusal = Refusal(reason: refusal, jobStatus: job.status, attempt: job.attempt)
        return problem
    }

    /// What happened to the job instead.
    struct Refusal {
        var reason: JobRefusal
        var jobStatus: JobStatus
        var attempt: Int
    }

    /// The problem for a failed call.
    package init(_ error: UnstickError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .invalidArgument, .invalidInput, .amountOutOfRange: .badRequest
            case .notFound: .notFound
            case .conflict, .refundRefused, .exceedsHold: .conflict
            case .insufficientTokens: HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
            case .databaseUnavailable, .lockTimeout, .schemaMismatch: .serviceUnavailable
            case .databaseRejected, .databaseUnusable: .internalServerError
            }
        self.init(status: status, code: error.code.rawValue, detail: error.message)
        self.shortage = error.shortage
    }

    package init(
        status: HTTPResponse.Status,
        code: String,
        detail: String,
        errors: [Detail] = [],
        allow: [HTTPRequest.Method] = [],
        retryAfter: Int? = nil,
        runID: String? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.allow = allow
        self.retryAfter = retryAfter
        self.runID = runID
    }

    /// The problem as a document.
    var document: Body {
        Body(
            title: self.status.reasonPhrase,
            status: self.status.code,
            detail: self.detail,
            code: self.code,
            errors: self.errors.isEmpty ? nil : self.errors,
            runId: self.runID,
            reason: self.refusal?.reason,
            jobStatus: self.refusal?.jobStatus,
            attempt: self.refusal?.attempt,
            balance: self.shortage?.balance,
            needed: self.shortage?.needed,
            missing: self.shortage?.missing
        )
    }

    func response() throws -> Response {
        var response = try Answer.body(self.document, status: self.status, type: "application/problem+json")
        if !self.allow.isEmpty {
            response.headers[.allow] = self.allow.map(\.rawValue).joined(separator: ", ")
        }
        if let seconds = self.retryAfter { response.headers[.retryAfter] = String(seconds) }
        if self.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    struct Body: Encodable {
        var type = "about:blank"
        var title: String
        var status: Int
        var detail: String
        var code: String
        var errors: [Detail]?
        var runId: String?
        var reason: JobRefusal?
        var jobStatus: JobStatus?
        var attempt: Int?
        var balance: Int?
        var needed: Int?
        var missing: Int?
    }
}
