import HTTPTypes
import Hummingbird

/// The error answers of the two endpoints that callers knew before Unstick: their bodies are fixed.
struct SeedError: Error, Encodable {
    var status: HTTPResponse.Status = .internalServerError
    var success: Bool?
    var error: String
    var details: String?

    private enum CodingKeys: String, CodingKey {
        case success, error, details
    }

    static let unauthorized = SeedError(status: .unauthorized, error: "Unauthorized")
    static let forbidden = SeedError(status: .forbidden, error: "Forbidden: Admin access required")

    func response() throws -> Response {
        try Answer.json(self, status: self.status)
    }
}
