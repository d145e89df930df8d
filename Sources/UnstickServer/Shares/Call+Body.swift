import HTTPTypes
package import Hummingbird

extension Call {
    /// The whole body, limited by its size and by the concurrent bodies of the caller.
    ///
    /// - Parameter most: the most bytes.
    package func body(upTo most: Int) async throws -> ByteBuffer {
        let declared = self.request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= most else { throw Problem.tooLarge(most) }
        var body = ByteBuffer()
        do {
            for try await var part in self.request.body {
                guard body.readableBytes + part.readableBytes <= most else { throw Problem.tooLarge(most) }
                try self.share?.take(bytes: part.readableBytes)
                body.writeBuffer(&part)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem.badRequest("The body ended early. Nothing was done.")
        }
        return body
    }
}

extension Problem {
    fileprivate static func tooLarge(_ most: Int) -> Problem {
        Problem(
            status: .contentTooLarge,
            code: "content_too_large",
            detail: "The body must have at most \(most) bytes."
        )
    }
}
