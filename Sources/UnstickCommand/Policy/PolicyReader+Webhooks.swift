import Unstick
import Yams

/// A webhook of a policy file; its secret is not in the file.
struct WebhookEntry: Hashable {
    let name: String
    let url: String
    let events: [String]
    /// The environment variable with the secret.
    let secretEnv: String
}

extension PolicyReader {
    private static let mostWebhooks = 100

    /// The `webhooks` of a file.
    mutating func webhooks(_ node: Node) -> [WebhookEntry] {
        guard let list = node.sequence, list.count <= Self.mostWebhooks else {
            self.problem(node, "webhooks", "this must be a list of at most \(Self.mostWebhooks).")
            return []
        }
        var names: Set<ExactText> = []
        return list.enumerated().compactMap { index, entry in
            let path = "webhooks[\(index)]"
            let fields = self.fields(entry, path, ["name", "url", "events", "secretEnv"])
            guard let name = self.required(fields, "name", path, entry),
                let url = self.required(fields, "url", path, entry),
                let secret = self.required(fields, "secretEnv", path, entry)
            else { return nil }
            // Not shown: it may be the secret itself.
            if secret.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]{0,99}/) == nil || secret.hasPrefix("whsec_") {
                self.problem(entry, path + ".secretEnv", "this must be the name of an environment variable.")
                return nil
            }
            if let fault = ReservedIDs.fault(of: name, "name") { self.problem(entry, path + ".name", fault) }
            if !names.insert(name.exact).inserted {
                self.problem(entry, path, "the webhook '\(name)' is defined twice.")
            }
            return WebhookEntry(name: name, url: url, events: self.events(fields["events"], path), secretEnv: secret)
        }
    }

    private mutating func required(_ fields: [String: Node], _ name: String, _ path: String, _ entry: Node) -> String? {
        guard let node = fields[name] else {
            self.problem(entry, path, "\(name) is missing.")
            return nil
        }
        return self.text(node, "\(path).\(name)")
    }

    private mutating func events(_ node: Node?, _ path: String) -> [String] {
        guard let node else { return ["*"] }
        let patterns = (node.sequence.map { Array($0) } ?? [node]).compactMap { $0.scalar?.string }
        do {
            _ = try EventType.matching(patterns)
        } catch {
            self.problem(node, "\(path).events", "\((error as? UnstickError)?.message ?? "\(error)")")
        }
        return patterns
    }
}
