import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import UnstickCommand

@Suite("Stopping a server")
struct StoppingTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A service that neither a stop nor a cancellation ends: it waits for a database that does not answer.
    private struct Hanging: Service {
        let answer: AsyncStream<Void>

        func run() async throws {
            await Task { for await _ in self.answer {} }.value
        }
    }

    @Test("during the start, the first signal ends it at once")
    func starting() async {
        let exits = Mutex<[Int32]>([])
        let stopping = Stopping(
            logger: Self.quiet,
            sleep: { _ in },
            exit: { code in exits.withLock { $0.append(code) } }
        )
        await stopping.received()
        #expect(exits.withLock { $0 } == [0])
    }

    @Test("a service that never answers delays a stop only for a bounded time", .timeLimit(.minutes(2)))
    func hanging() async throws {
        let (answer, database) = AsyncStream.makeStream(of: Void.self)
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        let slept = Mutex<[Duration]>([])
        let stopping = Stopping(
            logger: Self.quiet,
            sleep: { time in slept.withLock { $0.append(time) } },
            exit: { exit.yield($0) }
        )
        let group = ServiceGroup(services: [Hanging(answer: answer)], logger: Self.quiet)
        let running = Task { try await stopping.run(group) }
        // The signal may arrive before the services run.
        while !stopping.isServing { await Task.yield() }
        await stopping.received()
        var ended = exits.makeAsyncIterator()
        #expect(await ended.next() == 1)
        #expect(slept.withLock { $0.first }.map { $0 > Stopping.gracePeriod && $0 < .seconds(60) } == true)
        database.finish()
        _ = await running.result
    }

    @Test("a second signal ends it at once", .timeLimit(.minutes(2)))
    func second() async throws {
        let (answer, database) = AsyncStream.makeStream(of: Void.self)
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        let stopping = Stopping(
            logger: Self.quiet,
            sleep: { _ in while true { Thread.sleep(forTimeInterval: 3600) } },
            exit: { exit.yield($0) }
        )
        let group = ServiceGroup(services: [Hanging(answer: answer)], logger: Self.quiet)
        let running = Task { try await stopping.run(group) }
        while !stopping.isServing { await Task.yield() }
        await stopping.received()
        await stopping.received()
        var ended = exits.makeAsyncIterator()
        #expect(await ended.next() == 1)
        database.finish()
        _ = await running.result
    }
}
