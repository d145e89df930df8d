import Unstick
import UnstickSQLite

let store = try SQLiteStore(path: "example.db")
let tokens = TokenBalanceManager(store: store)
try await tokens.addTokens(100, to: "ada", key: "order-1")
let job = NewJob(id: "render-17", userID: "ada", kind: "image", tier: "TIER_4K", tokensCost: 8)
_ = try await store.create(job)  // Charged and created, both or neither.
_ = try await store.start(job.id)  // A worker claims it, and dies.
try await Task.sleep(for: .milliseconds(20))

let impatient = PolicySource(Policy(standard: Rule(timeout: .milliseconds(10))))
let result = try await Cleaner(store: store, policy: impatient).cleanupStuckJobs()
print(result.message)
print("ada has \(try await tokens.balance(of: "ada")) tokens")
