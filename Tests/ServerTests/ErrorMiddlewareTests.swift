import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Testing

@testable import UnstickServer

@Suite("Error middleware")
struct ErrorMiddlewareTests {
    private struct Secret: Error {
        let password = "planted"
    }

    @Test("it is a problem document that reveals nothing")
    func problems() async throws {
        let router = Router()
        router.add(middleware: ErrorMiddleware(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        router.get("http") { _, _ -> String in throw HTTPError(.badRequest, message: "planted") }
        router.get("other") { _, _ -> String in throw Secret() }
        router.get("well") { _, _ in "well" }
        try await Application(router: router).test(.router) { client in
            for (path, status, code) in [
                ("/http", 400, "http_400"), ("/other", 500, "internal_error"), ("/none", 404, "not_found"),
            ] {
                let response = try await client.execute(uri: path, method: .get)
                let text = String(buffer: response.body)
                #expect(response.status.code == status && text.contains("\"\(code)\"") && !text.contains("planted"))
                #expect(response.headers[.contentType] == "application/problem+json")
            }
            let well = try await client.execute(uri: "/well", method: .get)
            #expect(String(buffer: well.body) == "well")
        }
    }
}
