import Foundation
import Unstick
import UnstickServer

/// The address of a view with its parameters, in their order.
struct Link {
    private let path: String
    private var parameters: [(name: String, value: String)] = []

    init(_ path: String, _ parameters: [(name: String, value: String?)] = []) {
        self.path = path
        for (name, value) in parameters {
            if let value { self.parameters.append((name, value)) }
        }
    }

    func with(_ name: String, _ value: String) -> Link {
        var link = self.without(name)
        link.parameters.append((name, value))
        return link
    }

    func without(_ name: String) -> Link {
        var link = self
        link.parameters.removeAll { $0.name == name }
        return link
    }

    var href: String {
        guard !self.parameters.isEmpty else { return self.path }
        return self.path + "?" + self.parameters.map { "\($0.name)=\($0.value.queryEncoded)" }.joined(separator: "&")
    }
}

extension String {
    /// As one segment of a path.
    var pathEncoded: String { self.addingPercentEncoding(withAllowedCharacters: .unreserved) ?? "" }

    /// As a value in a query.
    var queryEncoded: String { self.pathEncoded }
}

extension CharacterSet {
    /// The characters of [RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
    fileprivate static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}

/// An id, with the page about it.
struct Ref {
    var id: String
    var href: String?

    init(_ id: String, _ href: String?) {
        self.id = id
        self.href = href
    }

    static func job(_ id: String, _ request: PageRequest) -> Ref { Ref(id, request.href("/jobs/" + id.pathEncoded)) }

    static func user(_ id: String, _ request: PageRequest) -> Ref { Ref(id, request.href("/users/" + id.pathEncoded)) }

    static func run(_ id: String, _ request: PageRequest) -> Ref { Ref(id, request.href("/runs/" + id.pathEncoded)) }

    static func webhook(_ id: String, _ request: PageRequest) -> Ref {
        Ref(id, request.href("/webhooks/" + id.pathEncoded))
    }
}
