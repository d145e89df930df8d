package import Foundation

/// Certificates for tests of encrypted connections.
package enum TestCertificates {
    /// Creates a certificate for `localhost` (`server.crt`, `server.key`), its authority (`right.crt`) and another
    /// authority (`wrong.crt`), all readable for servers.
    package static func make(in folder: URL) throws {
        let script = """
            set -e
            for ca in right wrong; do
                openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$ca CA" -keyout $ca.key -out $ca.crt
            done
            openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
            printf 'subjectAltName=DNS:localhost' > names
            openssl x509 -req -in server.csr -CA right.crt -CAkey right.key -CAcreateserial -days 30 -extfile names -out server.crt
            chmod 755 . && chmod 644 *.crt server.key
            """
        try ChildProcess.runBlocking(["/bin/bash", "-c", "cd '\(folder.path)' && { \(script)\n} 2> errors"])
    }
}
