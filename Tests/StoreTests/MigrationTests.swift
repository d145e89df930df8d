import Testing
import UnstickSQL

@testable import UnstickMySQL
@testable import UnstickPostgres
@testable import UnstickSQLite

@Suite("Schema migrations")
struct MigrationTests {
    /// The digests of the statements of each published step, by its name.
    private static let sqlite: KeyValuePairs = [
        "001 schema": "fc3c4f1e530855662ce39014c3242bad",
        "002 append-only ledger": "d26dd898c5fcab073dc7dbe92dab1013",
        "003 last success": "f167bff59c820c4190fa8a5faa6fa682",
        "004 kinds": "f8465154c0d492ff5feaa3789d1a06fa",
        "005 sources": "ccdb0c8a3bcbb4e8fb7177d6a0efbe5c",
        "006 order and kinds of runs": "537b25492b0539e21fb9f906db9a89b",
        "007 what runs did": "b5663dcc7129408020d648e10d12bd9f",
        "008 kept sums": "1ee22da1042bb94b47c624dc487dac7a",
        "009 refunds by calls": "51a72e9ebd2f3f92214ac30e37e831c2",
        "010 reservations in runs": "afdbb6efc864b98531b7882f60b4ffca",
        "011 late completions": "3930509edaf58b12b88efb7537e56235",
        "012 holds": "12c91a0852211e71c50e13cd7c5d3766",
        "013 first looks": "ad5a48f4c0679800766b1dedb572a586",
    ]

    private static let postgres: KeyValuePairs = [
        "001 schema": "c07a8d681386c45ad4a06f43fcc3a627",
        "002 append-only ledger": "1448018eec86f1f8c9d43e9adce1d540",
        "003 interrupted runs": "1516fc3db983c7482e90a20cb7f01d10",
        "004 last success": "26ffa177445bd7b5b692cd739495f9e7",
        "005 kinds": "55f31dbd1fc46d255a6713763fdbda51",
        "006 sources": "842c395ed8877b261a7989067711fbb2",
        "007 order and kinds of runs": "1c5a7cdcc1579139387bb98014d12ae9",
        "008 runs by order": "5ad040de13fcc0c925accc7749e36933",
        "009 last success by order": "7e77e8c00005554690ec243fa8c8e263",
        "010 lines of imports": "144c327009df114fc9f18ec4fc4aa0e3",
        "011 what runs did": "58244fa94bd50f30abfc8acf3f71714b",
        "012 kept sums": "b9c4ed60d2ad2f3c016e9f201ce8cf6c",
        "013 refunds by calls": "df3dbdb842b27fb3d0356eace05f1d2",
        "014 times of sources": "488fb2116f9dbe19b2180068152923e",
        "015 late completions": "fb5e692bfb3ea1028f80c8dc3d0ee19",
        "016 holds": "373c10720cba2d895d3b432fc0f82c5b",
        "017 first looks": "ad1960a609373bf03dcb76ce7ec5d230",
    ]

    /// Those only for a team's file.
    private static let attachedSQLite: KeyValuePairs = [
        "attached 001 refunds and sources": "eb590122f5d8d01709add65d7ee7eeef",
        "attached 002 times of sources": "4f70734979a83b38b4db5036aa6e93b2",
    ]

    private static let mariaDB: KeyValuePairs = [
        "001 schema": "15f351384ef5b189864ca53e23682391",
        "002 append-only ledger": "80ae9aca8a3c2b32497b5f1d216e060b",
        "003 late completions": "e4e1075322aade5e31d2555d19b44fd4",
        "004 holds": "8a3b8c34f7ca37e45cc2bde130fdc5ec",
        "005 first looks": "115667099e30c3d9dbaccf86934ebf26",
    ]

    @Test("a published step never changes: a database that took it would differ from a new one")
    func frozen() {
        self.check(SQLiteSchema.migrations, against: Self.sqlite)
        self.check(SQLiteSchema.attached, against: Self.attachedSQLite)
        self.check(PostgresSchema.migrations, against: Self.postgres)
        let mariaDB = MySQLDialect(collation: "utf8mb4_nopad_bin")
        self.check(MySQLSchema(mariaDB).migrations, against: Self.mariaDB)
    }

    private func check(_ steps: [Migration], against published: KeyValuePairs<String, String>) {
        #expect(steps.map(\.name) == published.map(\.key), "A new step comes last, and its digest into this list.")
        for step in steps {
            let digest = PostgresStatement.digest(Array(step.sql.utf8))
            let known = published.first { $0.key == step.name }?.value
            #expect(
                known == digest,
                "'\(step.name)' has the digest \(digest): take a published step back to what it was."
            )
        }
    }
}
