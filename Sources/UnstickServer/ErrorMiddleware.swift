import HTTPTypes
import Hummingbird
import Logging

/// Answers calls without a route, and errors that no route caught, with a problem document that reveals nothing.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    @concurrent func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return try Problem.notFound("This path does not exist. /openapi.json lists the paths.").response()
        } catch let error as any HTTPResponseError {
            return try Problem(
                status: error.status,
                code: "http_\(error.status.code)",
                detail: "The request could not be read."
            ).response()
        } catch {
            self.logger.error("Request failed unexpectedly", metadata: ["error": "\(type(of: error))"])
            return try Problem(
                status: .internalServerError,
                code: "internal_error",
                detail:
                    "The server failed; its log has the cause. No change was applied in part."
            ).response()
        }
    }
}
