import Foundation
import Testing
import Unstick
import UnstickSQLite

@Suite("Ids in import files")
struct ImportTextTests {
    private static let header =
        "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"

    private func row(_ id: String, _ user: String = "u1", cost: String = "3") -> String {
        "\(id),\(user),img,,\(cost),PROCESSING,1,2026-01-02T03:04:05Z,2026-01-02T03:04:06Z,2026-01-02T03:04:07Z,\n"
    }

    @Test("a repeated id is a bad row that names both lines, also far apart")
    func twice() async throws {
        try await Tool.inNewFolder { unstick in
            var rows = (0..<6000).map { self.row("job-\($0)") }
            rows.append(self.row("job-3", "other"))
            rows.append(self.row("job-5999", cost: "x"))
            rows.append(self.row("job-5998"))
            try unstick.write("jobs.csv", Self.header + rows.joined())
            let refused = try await unstick("import", "jobs.csv")
            #expect(refused.status == 2 && refused.errors.contains("nothing was imported"))
            #expect(refused.errors.contains("line 6002, column id: 'job-3' stands on line 5 already"))
            #expect(refused.errors.contains("line 6003, column cost:"))
            #expect(refused.errors.contains("line 6004, column id: 'job-5998' stands on line 6000 already"))
            #expect(try await unstick.store().job("job-3") == nil)

            let kept = try await unstick("import", "jobs.csv", "--skip-bad-rows", "--json")
            #expect(kept.status == 0 && kept.json["imported"] as? Int == 6000 && kept.json["badRows"] as? Int == 3)
            #expect(kept.json["alreadyThere"] as? Int == 0)
            #expect(try await unstick.store().job("job-3")?.userID == "u1")
        }
    }

    @Test("ids that differ in composition only are two jobs of two users; case and leading zeros count too")
    func compositions() async throws {
        try await Tool.inNewFolder { unstick in
            let ids = ["caf\u{e9}", "cafe\u{301}", "007", "7", "0b9e", "0B9E", "j1", "j1 "]
            try unstick.write("jobs.csv", Self.header + ids.map { self.row($0, "u-\($0)") }.joined())
            let ending = try await unstick("import", "jobs.csv", "--json")
            #expect(ending.status == 0 && ending.json["imported"] as? Int == 8 && ending.json["users"] as? Int == 8)
            for id in ids {
                let job = try await unstick.store().job(id)
                #expect(job?.id.utf8.elementsEqual(id.utf8) == true)
                #expect(job?.userID.utf8.elementsEqual("u-\(id)".utf8) == true)
            }
            let cleaned = try await unstick("cleanup", "--force", "--json")
            #expect(cleaned.json["cleanedUp"] as? Int == 8 && cleaned.json["tokensRefunded"] as? Int == 24)
            for id in ids { #expect(try await unstick.store().balance(of: "u-\(id)") == 3) }
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test("ids that could not be queried, and bytes that are no text, are bad rows with a reason")
    func refused() async throws {
        try await Tool.inNewFolder { unstick in
            let ids = [".", "..", "claim", "heartbeats", "completions", "cleanup", "stuck", "a\0b"]
            var file = Data((Self.header + ids.map { self.row($0) }.joined() + self.row("ok", "..")).utf8)
            file += Data("j".utf8) + [0xe9] + Data(self.row("").utf8)
            try file.write(to: unstick.folder.appending(path: "jobs.csv"))
            let ending = try await unstick("import", "jobs.csv")
            #expect(ending.status == 2 && ending.errors.contains("10 bad rows of 10"))
            for (line, id) in ids.dropLast().enumerated() {
                #expect(ending.errors.contains("line \(line + 2), column id: The job id '\(id)'"), "\(ending.errors)")
            }
            #expect(ending.errors.contains("line 9, column id: it must have"))
            #expect(ending.errors.contains("line 10, column user_id: The user id '..'"))
            #expect(ending.errors.contains("line 11, column id: it must have"))
        }
    }

    @Test("an argument that is not UTF-8 is refused, and no other id is used in its place")
    func argument() async throws {
        try await Tool.inNewFolder { unstick in
            let script = "exec \"$0\" grant \"$(printf 'a\\377')\" 5 --database sqlite:unstick.db"
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", script, unstick.path]
            process.currentDirectoryURL = unstick.folder
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 2 && text.contains("is not UTF-8"), "\(text)")
            #expect(!FileManager.default.fileExists(atPath: unstick.folder.appending(path: "unstick.db").path))
        }
    }
}
