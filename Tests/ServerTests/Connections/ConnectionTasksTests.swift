import Synchronization
import Testing

@testable import UnstickServer

@Suite("Tasks of connections", .timeLimit(.minutes(1)))
struct ConnectionTasksTests {
    private final class Count: Sendable {
        let value = Mutex(0)
    }

    private static func untilCancelled() async {
        let (stream, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
    }

    @Test("a group that runs them ends with the last of them, in any order of starts and ends")
    func ends() async {
        let tasks = ConnectionTasks()
        let done = Count()
        for _ in 0..<3 {
            await withDiscardingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        await tasks.run {
                            for _ in 0..<number % 7 { await Task.yield() }
                            done.value.withLock { $0 += 1 }
                        }
                    }
                    if number % 3 == 0 { await Task.yield() }
                }
            }
        }
        #expect(done.value.withLock { $0 } == 600)
    }

    @Test("they are cancelled with the group")
    func cancels() async {
        let tasks = ConnectionTasks()
        let (running, begun) = AsyncStream.makeStream(of: Void.self)
        let group = Task {
            await withDiscardingTaskGroup { group in
                for _ in 0..<5 {
                    group.addTask {
                        await tasks.run {
                            begun.yield()
                            await Self.untilCancelled()
                        }
                    }
                }
            }
        }
        var count = 0
        for await _ in running {
            count += 1
            if count == 5 { break }
        }
        group.cancel()
        await group.value
    }
}
