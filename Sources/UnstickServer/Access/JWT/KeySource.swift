import Logging
import Unstick

/// Caches the public keys of an issuer, and refreshes them.
///
/// If a refresh fails, the keys stay in use for a day, so that no user is locked out while a provider is down.
actor KeySource {
    /// Fetches the document at a URL.
    typealias Fetch = @Sendable (_ url: String) async throws -> [UInt8]

    /// How long keys are used after they were read, in any case.
    static let longestUse = Duration.seconds(24 * 3600)

    /// The place of the keys.
    private enum Origin {
        case url(String, Fetch)
        case file(KeyFile)
    }

    private let origin: Origin
    private let place: String
    /// How long keys are used without a refresh.
    private let freshness: Duration
    /// The least time between two tries, whatever tokens ask for.
    private let pause: Duration
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    private var keys: KeySet?
    private var stamp: KeyFile.Stamp?
    /// When the keys were last current.
    private var readAt: Timestamp?
    private var triedAt: Timestamp?
    private var failure = "they are not read yet"
    /// The try in progress.
    private var reading: Task<Void, Never>?

    /// Makes a source that has no keys yet.
    init(
        _ source: JWKSSource,
        fetch: @escaping Fetch = KeyDownload.fetch,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        switch source {
        case .url(let url):
            self.origin = .url(url, fetch)
            (self.freshness, self.pause) = (.seconds(600), .seconds(30))
        case .file(let path):
            self.origin = .file(KeyFile(path: path))
            (self.freshness, self.pause) = (.seconds(60), .seconds(60))
        }
        self.place = source.place
        self.now = now
        self.logger = logger
    }

    /// The keys that may verify the signature.
    ///
    /// An unknown key id may be that of a new key: the keys are read again for it, at most once in ``pause``. It throws
    /// ``/Unstick/UnstickError`` when there are no keys at all.
    func candidates(_ algorithm: SigningAlgorithm, id: String?) async throws -> [VerificationKey] {
        let known = try await self.current().candidates(algorithm, id: id)
        guard known.isEmpty else { return known }
        await self.readAgain()
        return try await self.current().candidates(algorithm, id: id)
    }

    /// Reads the keys, unless they are fresh.
    ///
    /// Without keys, it throws ``/Unstick/UnstickError`` with the error for the operator.
    func prepare() async throws {
        do {
            _ = try await self.current()
        } catch {
            throw UnstickError(
                .databaseUnavailable,
                """
                The keys that check signed tokens could not be read from \(self.place): \(self.failure). \
                Check JWT_JWKS and JWT_ISSUER, and that this machine can reach that address.
                """
            )
        }
    }

    private func current() async throws -> KeySet {
        if !self.isWithin(self.freshness, of: self.readAt) { await self.readAgain() }
        guard let keys = self.keys, self.isWithin(Self.longestUse, of: self.readAt) else {
            throw UnstickError(
                .databaseUnavailable,
                """
                Signed tokens cannot be checked now, because the keys could not be read. Try again in a minute; \
                the server's log says why.
                """
            )
        }
        return keys
    }

    /// Whether a time is less than a while ago, or ahead: a clock may have been set back.
    private func isWithin(_ limit: Duration, of time: Timestamp?) -> Bool {
        guard let time else { return false }
        return abs((self.now() - time).inMilliseconds) < limit.inMilliseconds
    }

    /// Reads the keys, unless that was just tried; concurrent calls wait for the same try.
    private func readAgain() async {
        if let reading = self.reading { return await reading.value }
        guard !self.isWithin(self.pause, of: self.triedAt) else { return }
        self.triedAt = self.now()
        // A task of its own, because the caller that started it may stop waiting before others do. It ends with the
        // fetch, which has a timeout.
        let reading = Task { await self.read() }
        self.reading = reading
        await reading.value
    }

    private func read() async {
        defer { self.reading = nil }
        do {
            switch self.origin {
            case .url(let url, let fetch): self.keys = try await KeySet(fetch(url))
            case .file(let file): try await self.read(file)
            }
            self.readAt = self.now()
        } catch {
            self.failure = self.reason(of: error)
            self.logger.warning(
                "The keys for signed tokens could not be read",
                metadata: [
                    "place": "\(self.place)", "reason": "\(self.failure)",
                    "oldKeysInUse": .stringConvertible(self.keys != nil),
                ]
            )
        }
    }

    private func read(_ file: KeyFile) async throws {
        let stamp = try file.stamp()
        guard self.keys == nil || stamp != self.stamp else { return }
        self.keys = try await KeySet(file.read())
        self.stamp = stamp
    }

    /// The text for an error; some errors contain the URL and with it a key in its query.
    private func reason(of error: any Error) -> String {
        let reason = "\(error)"
        guard case .url(let url, _) = self.origin, let query = url.firstIndex(of: "?") else { return reason }
        return reason.contains(url[query...].dropFirst()) ? "\(type(of: error))" : reason
    }
}
