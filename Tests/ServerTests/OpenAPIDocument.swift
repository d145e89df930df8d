import Foundation
import Testing

/// The served OpenAPI document, for comparison with answers.
///
/// It knows the parts of JSON Schema 2020-12 that the document uses, and refuses a schema with any other.
struct OpenAPIDocument: @unchecked Sendable {
    // Only read after it is made.
    let root: [String: Any]

    init(_ data: Data) throws {
        self.root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    var paths: [String: [String: Any]] {
        self.root["paths"] as? [String: [String: Any]] ?? [:]
    }

    /// The violations in an answer; empty if it conforms.
    func violations(path: String, method: String, status: Int, contentType: String, body: Data) -> [String] {
        if status == 405 { return [] }
        let operation = self.paths[path]?[method.lowercased()] as? [String: Any]
        let responses = operation?["responses"] as? [String: [String: Any]]
        guard let response = responses?["\(status)"].map(self.resolved) else {
            return ["\(method) \(path): \(status) is not documented"]
        }
        let type = contentType.split(separator: ";").first.map(String.init) ?? ""
        let content = response["content"] as? [String: [String: Any]]
        guard let schema = content?[type]?["schema"] as? [String: Any] else {
            return ["\(method) \(path) \(status): \(type) is not documented"]
        }
        if type == "text/plain" { return [] }
        guard let value = try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed) else {
            return ["the body is not JSON"]
        }
        return self.violations(of: schema, by: value, at: "")
    }

    /// The events that are documented.
    var events: [String: [String: Any]] { self.root["webhooks"] as? [String: [String: Any]] ?? [:] }

    /// The violations in an event; an event must not have undocumented fields, although receivers must accept them.
    func violations(event type: String, body: String) -> [String] {
        let request = (self.events[type]?["post"] as? [String: Any])?["requestBody"] as? [String: Any]
        let content = (request?["content"] as? [String: [String: Any]])?["application/json"]
        guard let schema = content?["schema"] as? [String: Any] else { return ["\(type) is not documented"] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(body.utf8)) else { return ["it is not JSON"] }
        return self.violations(of: schema, by: value, at: "", isStrict: true)
    }

    private static let known: Set = [
        "$ref", "type", "enum", "const", "required", "properties", "additionalProperties", "items", "minimum",
        "maximum", "minLength", "maxLength", "format", "description", "oneOf",
    ]

    private func violations(
        of schema: [String: Any],
        by value: Any,
        at place: String,
        isStrict: Bool = false
    ) -> [String] {
        var found = schema.keys.filter { !Self.known.contains($0) }.map { "\(place): the test does not know '\($0)'" }
        if schema["$ref"] != nil {
            return self.violations(of: self.resolved(schema), by: value, at: place, isStrict: isStrict)
        }
        if let choices = schema["oneOf"] as? [[String: Any]],
            choices.count(where: { self.violations(of: $0, by: value, at: place, isStrict: isStrict).isEmpty }) != 1
        {
            found.append("\(place): not exactly one of its forms")
        }
        if let type = schema["type"] {
            let types = type as? [String] ?? [type as? String ?? ""]
            if !types.contains(where: { Self.isOf($0, value) }) { return ["\(place): not \(types), but \(value)"] }
        }
        if let choices = schema["enum"] as? [String], !choices.contains(value as? String ?? "") {
            found.append("\(place): not one of \(choices)")
        }
        if let constant = schema["const"], "\(value)" != "\(constant)" {
            found.append("\(place): not \(constant)")
        }
        if let number = value as? Int {
            if let least = schema["minimum"] as? Int, number < least { found.append("\(place): below \(least)") }
            if let most = schema["maximum"] as? Int, number > most { found.append("\(place): above \(most)") }
        }
        if schema["format"] as? String == "date-time", let text = value as? String,
            text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) == nil
        {
            found.append("\(place): not a time: \(text)")
        }
        if let object = value as? [String: Any] {
            found += self.violations(of: schema, byObject: object, at: place, isStrict: isStrict)
        }
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, element) in list.enumerated() {
                found += self.violations(of: items, by: element, at: "\(place)/\(index)", isStrict: isStrict)
            }
        }
        return found
    }

    private func violations(
        of schema: [String: Any],
        byObject object: [String: Any],
        at place: String,
        isStrict: Bool
    ) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map {
            "\(place)/\($0): missing"
        }
        for (key, value) in object {
            if let property = properties[key] {
                found += self.violations(of: property, by: value, at: "\(place)/\(key)", isStrict: isStrict)
            } else if isStrict || schema["additionalProperties"] as? Bool == false {
                found.append("\(place)/\(key): not documented")
            }
        }
        return found
    }

    /// The object itself, or the component that it refers to.
    func resolved(_ object: [String: Any]) -> [String: Any] {
        guard let reference = object["$ref"] as? String else { return object }
        var node: Any? = self.root
        for step in reference.split(separator: "/").dropFirst() { node = (node as? [String: Any])?[String(step)] }
        return node as? [String: Any] ?? [:]
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "null": value is NSNull
        case "boolean": (value as? NSNumber).map(self.isBoolean) ?? false
        case "number": (value as? NSNumber).map { !self.isBoolean($0) } ?? false
        case "integer":
            (value as? NSNumber).map { !self.isBoolean($0) && Double($0.intValue) == $0.doubleValue } ?? false
        default: false
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}
