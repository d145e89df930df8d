import Logging
import Unstick

extension Worker {
    /// How often the end of an attempt is sent; after that the job times out.
    private static let tries = 6

    /// Sends the end of an attempt.
    func end(_ job: Job, _ result: Result<Int?, any Error>) async {
        do {
            switch result {
            case .success(let used): try await self.complete(job, used)
            case .failure(let error): try await self.fail(job, error as? JobFailed ?? Self.failure(by: error))
            }
        } catch {
            self.logger.error(
                "The end of an attempt could not be reported; the job will time out",
                metadata: ["jobId": "\(job.id)", "reason": "\(error)"]
            )
        }
    }

    /// An error is reported by its type only, because its text may be confidential.
    private static func failure(by error: any Error) -> JobFailed {
        error is CancellationError
            ? JobFailed("The worker was stopped before the job was done.")
            : JobFailed("The worker failed: \(type(of: error))")
    }

    private func complete(_ job: Job, _ used: Int?) async throws {
        do {
            try await self.persistently {
                self.note(try await self.jobs.complete(job.id, attempt: job.attempt, tokensUsed: used), job)
            }
        } catch let error as UnstickError where !error.code.mayPass {
            // The used tokens were refused: that is the handler's mistake, and another attempt repeats it.
            try await self.fail(job, JobFailed(error.message, isRetryable: false))
        }
    }

    private func fail(_ job: Job, _ failed: JobFailed) async throws {
        let message = failed.message.storable(inBytes: Limits.noteBytes)
        try await self.persistently {
            self.note(
                try await self.jobs.fail(
                    job.id,
                    attempt: job.attempt,
                    message: message,
                    isRetryable: failed.isRetryable
                ),
                job
            )
        }
    }

    private func note(_ outcome: JobTransition, _ job: Job) {
        guard case .refused(let now) = outcome else { return }
        self.logger.notice(
            "The end of an attempt was refused",
            metadata: ["jobId": "\(job.id)", "reason": "\(now.refusal(of: job.attempt).rawValue)"]
        )
    }

    /// Tries again while the database cannot be reached.
    private func persistently(_ body: () async throws -> Void) async throws {
        var pause = self.configuration.idlePauses.lowerBound
        for attempt in 1... {
            do {
                return try await body()
            } catch let error as UnstickError where error.code.mayPass && attempt < Self.tries {
                try await self.configuration.clock.sleep(for: pause)
                pause = pause * 2
            }
        }
    }

    /// Sends heartbeats for all jobs in progress, until it is cancelled.
    func beat(_ inFlightJobs: InFlightJobs) async {
        while !Task.isCancelled {
            guard (try? await self.configuration.clock.sleep(for: self.configuration.beatInterval)) != nil else {
                return
            }
            let beats = inFlightJobs.beats
            guard !beats.isEmpty else { continue }
            do {
                for (beat, answer) in zip(beats, try await self.jobs.heartbeat(beats)) {
                    switch answer {
                    case .alive: break
                    case .refused, .missing: inFlightJobs.lose(beat.jobID, attempt: beat.attempt)
                    case .failed(let error):
                        // The state of the attempt is unknown: its work continues.
                        self.logger.warning(
                            "A heartbeat was refused",
                            metadata: ["jobId": "\(beat.jobID)", "reason": "\(error)"]
                        )
                    }
                }
            } catch {
                self.logger.warning("A heartbeat could not be sent", metadata: ["reason": "\(error)"])
            }
        }
    }
}
