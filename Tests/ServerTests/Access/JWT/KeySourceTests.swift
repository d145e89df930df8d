import Foundation
import Logging
import TestSupport
import TestTags
import Testing
import Unstick

@testable import UnstickServer

@Suite("Key sources", .tags(.alone))
struct KeySourceTests {
    private func source(_ server: KeyServer, _ log: RecordedLog = RecordedLog()) -> KeySource {
        KeySource(.url(JWTFixtures.jwks), fetch: server.fetch, now: { server.now }, logger: log.logger)
    }

    private func count(_ source: KeySource, _ signer: TokenSigner) async throws -> Int {
        try await source.candidates(signer.algorithm, id: signer.id).count
    }

    @Test("keys are fetched with the first token, and again after ten minutes")
    func freshness() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        let source = self.source(server)
        #expect(server.fetches == 0)
        for (wait, fetches) in [(0, 1), (1, 1), (598, 1), (1, 2), (599, 2), (1, 3)] {
            server.wait(.seconds(wait))
            #expect(try await self.count(source, signer) == 1)
            #expect(server.fetches == fetches, "\(wait)")
        }
    }

    @Test("a new key is fetched as soon as a token names it, if the last fetch was half a minute ago")
    func rotation() async throws {
        let (old, new) = try await (TokenSigner.es256(id: "old"), TokenSigner.es256(id: "new"))
        let server = KeyServer(JWTFixtures.keySet(old.jwk()))
        let source = self.source(server)
        #expect(try await self.count(source, old) == 1)
        server.serve(JWTFixtures.keySet(new.jwk()))
        server.wait(.seconds(29))
        #expect(try await self.count(source, new) == 0)
        #expect(server.fetches == 1)
        server.wait(.seconds(1))
        #expect(try await self.count(source, new) == 1)
        #expect(server.fetches == 2)
        #expect(try await self.count(source, old) == 0)
    }

    @Test("a flood of forged key ids fetches at most once in half a minute")
    func flood() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        let source = self.source(server)
        for second in 0..<300 {
            for number in 0..<10 {
                let found = try await source.candidates(.es256, id: "forged-\(second)-\(number)")
                #expect(found.isEmpty)
            }
            server.wait(.seconds(1))
        }
        #expect(server.fetches == 10)
        #expect(try await self.count(source, signer) == 1)
    }

    @Test("old keys stay in use while fetches fail, for at most a day")
    func outage() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        let source = self.source(server)
        #expect(try await self.count(source, signer) == 1)
        server.serve(nil)
        for wait in [600, 1, 3600, 24 * 3600 - 600 - 1 - 3600 - 1] {
            server.wait(.seconds(wait))
            #expect(try await self.count(source, signer) == 1)
        }
        #expect(server.fetches == 4)
        server.wait(.seconds(30))
        let error = await #expect(throws: UnstickError.self) { try await self.count(source, signer) }
        #expect(error?.code == .databaseUnavailable)
        server.serve(JWTFixtures.keySet(signer.jwk()))
        server.wait(.seconds(30))
        #expect(try await self.count(source, signer) == 1)
    }

    @Test("an answer that is no key set changes nothing")
    func brokenAnswer() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        let log = RecordedLog()
        let source = self.source(server, log)
        #expect(try await self.count(source, signer) == 1)
        for document in ["<html>", #"{"keys":[]}"#] {
            server.serve(Array(document.utf8))
            server.wait(.seconds(600))
            #expect(try await self.count(source, signer) == 1)
        }
        #expect(log.lines.count == 2)
        #expect(log.lines.allSatisfy { $0.hasPrefix("warning") && $0.contains("id.example.com") })
    }

    @Test("without any keys a failing server is called once in half a minute, and callers see no details")
    func unavailable() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(nil)
        let source = self.source(server)
        for _ in 0..<10 {
            let error = await #expect(throws: UnstickError.self) { try await self.count(source, signer) }
            #expect(error?.message.contains("example.com") == false)
        }
        #expect(server.fetches == 1)
        let error = await #expect(throws: UnstickError.self) { try await source.prepare() }
        #expect(error?.message.contains("id.example.com") == true)
        #expect(error?.message.contains("Failure()") == true)
        server.serve(JWTFixtures.keySet(signer.jwk()))
        server.wait(.seconds(30))
        try await source.prepare()
        #expect(try await self.count(source, signer) == 1)
        #expect(server.fetches == 2)
    }

    @Test("a query, which may contain a key, is in no log and in no error")
    func query() async throws {
        struct Failure: Error { let url: String }
        let log = RecordedLog()
        let source = KeySource(
            .url("https://id.example.com/keys?apikey=swordfish"),
            fetch: { throw Failure(url: $0) },
            now: { JWTFixtures.now },
            logger: log.logger
        )
        let error = await #expect(throws: UnstickError.self) { try await source.prepare() }
        #expect(error?.message.contains("swordfish") == false)
        #expect(log.lines.count == 1 && !log.lines[0].contains("swordfish"))
    }

    @Test(
        "concurrent callers share one fetch, and a cancelled one does not affect the others",
        .timeLimit(.minutes(1))
    )
    func sharing() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        server.close()
        let source = self.source(server)
        let impatient = Task { try await source.candidates(.es256, id: "ec-1").count }
        while server.fetches == 0 { await Task.yield() }
        impatient.cancel()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    server.arrive()
                    return try await source.candidates(.es256, id: "ec-1").count
                }
            }
            while server.arrivals < 50 { await Task.yield() }
            server.open()
            return try await group.reduce(0, +)
        }
        #expect(found == 50)
        #expect(server.fetches == 1)
        #expect(try await impatient.value == 1)
    }

    @Test("a clock that is set back or forward does not keep keys forever")
    func clock() async throws {
        let signer = try await TokenSigner.es256()
        let server = KeyServer(JWTFixtures.keySet(signer.jwk()))
        let source = self.source(server)
        for (hours, fetches) in [(0, 1), (48, 2), (-48, 3), (-100_000, 4)] {
            server.wait(.seconds(hours * 3600))
            #expect(try await self.count(source, signer) == 1)
            #expect(server.fetches == fetches)
        }
    }

    /// Writes a key set with a modification time, in seconds since 1970.
    private func write(_ signer: TokenSigner, to path: URL, at seconds: Double) throws {
        try Data(JWTFixtures.keySet(signer.jwk())).write(to: path)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: seconds)],
            ofItemAtPath: path.path
        )
    }

    @Test("a file is read again when it has changed, at most once a minute")
    func file() async throws {
        let (old, new) = try await (TokenSigner.es256(id: "old"), TokenSigner.es256(id: "new-1"))
        let clock = KeyServer(nil)
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "keys.json")
            try self.write(old, to: path, at: 1000)
            let source = KeySource(.file(path.path), now: { clock.now }, logger: Logger(label: "test"))
            #expect(try await self.count(source, old) == 1)
            try self.write(new, to: path, at: 2000)
            clock.wait(.seconds(59))
            #expect(try await self.count(source, new) == 0)
            clock.wait(.seconds(1))
            #expect(try await self.count(source, new) == 1)
            try Data("broken".utf8).write(to: path)
            clock.wait(.seconds(60))
            #expect(try await self.count(source, new) == 1)
            try FileManager.default.removeItem(at: path)
            clock.wait(.seconds(3600))
            #expect(try await self.count(source, new) == 1)
            clock.wait(.seconds(24 * 3600))
            await #expect(throws: UnstickError.self) { try await self.count(source, new) }
        }
    }

    @Test("a file with the same date and size is not read again")
    func unchangedFile() async throws {
        let (old, new) = try await (TokenSigner.es256(id: "old"), TokenSigner.es256(id: "new"))
        let clock = KeyServer(nil)
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "keys.json")
            try self.write(old, to: path, at: 1000)
            let source = KeySource(.file(path.path), now: { clock.now }, logger: Logger(label: "test"))
            #expect(try await self.count(source, old) == 1)
            try self.write(new, to: path, at: 1000)
            clock.wait(.seconds(60))
            #expect(try await self.count(source, old) == 1)
            try self.write(new, to: path, at: 1001)
            clock.wait(.seconds(60))
            #expect(try await self.count(source, new) == 1)
        }
    }

    @Test("a file behind a link to a replaced folder, as containers mount secrets, counts as changed")
    func links() async throws {
        let (old, new) = try await (TokenSigner.es256(id: "old"), TokenSigner.es256(id: "newer"))
        let clock = KeyServer(nil)
        try await withTemporaryFolder { folder in
            let files = FileManager.default
            let (link, data) = (folder.appending(path: "keys.json"), folder.appending(path: "data"))
            for (name, signer) in [("1", old), ("2", new)] {
                try files.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: false)
                try Data(JWTFixtures.keySet(signer.jwk())).write(to: folder.appending(path: "\(name)/keys.json"))
            }
            try files.createSymbolicLink(atPath: data.path, withDestinationPath: "1")
            try files.createSymbolicLink(atPath: link.path, withDestinationPath: "data/keys.json")
            let source = KeySource(.file(link.path), now: { clock.now }, logger: Logger(label: "test"))
            #expect(try await self.count(source, old) == 1)
            try files.removeItem(at: data)
            try files.createSymbolicLink(atPath: data.path, withDestinationPath: "2")
            clock.wait(.seconds(60))
            #expect(try await self.count(source, new) == 1)
        }
    }

    @Test("a file that is missing, too long or a folder is reported at the start of the server")
    func unreadableFiles() async throws {
        try await withTemporaryFolder { folder in
            let long = folder.appending(path: "long.json")
            try Data(repeating: UInt8(ascii: " "), count: KeySet.maximumLength + 1).write(to: long)
            for (path, reason) in [
                (folder.appending(path: "none").path, "does not exist"), (folder.path, "cannot be read"),
                (long.path, "262144 bytes"),
            ] {
                let source = KeySource(.file(path), now: { JWTFixtures.now }, logger: Logger(label: "test"))
                let error = await #expect(throws: UnstickError.self) { try await source.prepare() }
                #expect(error?.message.contains(path) == true)
                #expect(error?.message.contains(reason) == true)
            }
        }
    }
}
