import Foundation
package import HTTPTypes
package import Hummingbird
package import Unstick

/// One operation of the API: its path, its access and its handler.
///
/// A route cannot be written without `access`.
package struct Route: Sendable {
    /// The required access.
    package enum Access: Sendable {
        /// Any caller.
        case open
        /// A caller with the cron secret.
        case cron
        /// A caller whose role has one of these rights.
        case right(Set<Role.Right>)
    }

    package var method: HTTPRequest.Method
    /// With parameters in braces, as in OpenAPI.
    package var path: String
    package var access: Access
    /// Whether it counts among the requests of its caller: not where it is cheap, or limits its callers itself.
    package var isCounted = true
    /// Answers refusals in the format of the two older endpoints, in place of a problem document.
    var seedErrors = false
    package var handle: @Sendable (Call) async throws -> Response

    package init(
        method: HTTPRequest.Method,
        path: String,
        access: Access,
        isCounted: Bool = true,
        seedErrors: Bool = false,
        handle: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.isCounted = isCounted
        self.seedErrors = seedErrors
        self.handle = handle
    }
}

/// One request and its caller.
package struct Call: Sendable {
    package var request: Request
    package var parameters: Parameters
    /// The origin of the request.
    package var client: Client
    /// The caller; `nil` on open routes.
    package var principal: Principal?
    /// The request's share of limited resources.
    var share: RequestShare?

    /// A parameter from the path, decoded.
    package func path(_ name: String) throws -> String {
        guard let value = self.parameters.get(name)?.removingPercentEncoding, !value.isEmpty else {
            throw Problem.badRequest("The \(name) in the path cannot be read.", parameter: name)
        }
        try Problem.check(value, name, most: Self.longestTarget)
        return value
    }

    /// The longest value in a path or a query, in bytes; a request's first line is no longer.
    private static let longestTarget = 16_384

    /// Refuses query parameters that the route does not know: a typing error must not widen an answer.
    package func query(allowing names: Set<String>) throws -> Query {
        let query = try Query(self.request.uri.query ?? "")
        if let key = query.names.first(where: { key in !names.contains(where: key.isExactly) })?.cut(toBytes: 50) {
            throw Problem.badRequest(
                "Unknown parameter '\(key)'; the parameters are \(names.sorted().joined(separator: ", ")).",
                parameter: key
            )
        }
        return query
    }
}

extension Problem {
    /// Refuses a text of a path or a query that not every database can look up.
    package static func check(_ text: String, _ name: String, most: Int) throws {
        do {
            try Limits.checkText(text, name, most: most)
        } catch let error as UnstickError {
            throw Problem.badRequest(error.message, parameter: name)
        }
    }
}

/// The parameters of a query, checked as they are read.
package struct Query {
    private var values: [ExactText: String] = [:]
    /// The names of all parameters, in their order.
    let names: [String]

    /// - Throws: a problem for text that is not encoded as UTF-8, and for a repeated name: a filter must not be
    ///   dropped.
    init(_ query: String) throws {
        var names: [String] = []
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = String(pair[0]).removingPercentEncoding,
                let value = (pair.count > 1 ? String(pair[1]) : "").removingPercentEncoding
            else {
                let name = String(pair[0]).cut(toBytes: 50)
                throw Problem.badRequest("'\(name)' in the URL is not encoded as UTF-8.", parameter: name)
            }
            guard self.values.updateValue(value, forKey: name.exact) == nil else {
                let name = name.cut(toBytes: 50)
                throw Problem.badRequest("'\(name)' appears twice in the URL.", parameter: name)
            }
            names.append(name)
        }
        self.names = names
    }

    package func text(_ name: String) throws -> String? {
        guard let value = self.values[name.exact] else { return nil }
        guard !value.isEmpty, value.utf8.count <= 1000 else {
            throw Problem.badRequest("'\(name)' must have 1 to 1000 bytes.", parameter: name)
        }
        try Problem.check(value, name, most: 1000)
        return value
    }

    package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = try self.text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Problem.badRequest(
                "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound).",
                parameter: name
            )
        }
        return value
    }

    /// The number of rows of a page.
    package func limit(default standard: Int = 50) throws -> Int {
        try self.integer("limit", in: 1...Limits.page) ?? standard
    }

    package func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String, as type: Word.Type) throws -> Word?
    {
        guard let text = try self.text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.badRequest("'\(name)' must be one of \(known).", parameter: name)
        }
        return word
    }
}
