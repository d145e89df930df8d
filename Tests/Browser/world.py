"""A server with all kinds of data, for tests of every view."""

from harness import NEIGHBOURS, BrowserTest, Caller, Neighbour, ago, job_row, wait_until

POLICY = """
defaults:
  timeout: 5m
rules:
  - name: films
    kind: video
    timeout: 30m
    heartbeatTimeout: 10m
    retry: { attempts: 2, backoff: 10s, cap: 10m }
  - name: pictures
    kind: [image, "thumb-*"]
    tier: [TIER_1K, TIER_4K]
    timeout: 2m
"""
ENVIRONMENT = NEIGHBOURS
#: Its expected warnings: one of its webhooks always fails.
EXPECTED = ["An event could not be delivered", "An alert fires"]

LONG = "a-very-long-identifier-without-any-place-to-break-" + "0123456789abcdef" * 4


def seed(server):
    """Jobs of all kinds and states, the most of them delivered."""
    people = ["ada", "grace", "linus", LONG]
    kinds = [("image", "TIER_1K"), ("video", "TIER_4K"), ("document", "")]
    done = [
        job_row(
            f"job-{number:03}", user=people[number % 4], kind=kinds[number % 3][0], tier=kinds[number % 3][1],
            status="COMPLETED", created=ago(minutes=200 + number), started=ago(minutes=100 + number),
        )
        for number in range(70)
    ]
    waiting = [job_row(f"waiting-{number}", status="PENDING") for number in range(5)]
    running = [job_row(f"running-{number}", user="grace", kind="document") for number in range(9)]
    dead = [job_row(f"dead-{number}", cost=12_345, started=ago(minutes=90)) for number in range(3)]
    stuck = [job_row(LONG, user=LONG), job_row("stuck-1", user="linus")]
    for job in stuck:
        job.update(processing_started_at=ago(minutes=40), updated_at=ago(minutes=40), created_at=ago(minutes=40))
    server.import_jobs(done + waiting + running + dead + stuck)


class World:
    """The data of a server, and the addresses of its views."""

    def __init__(self, server):
        self.server = server
        self.good = Neighbour()
        self.bad = Neighbour(status=500)
        admin = Caller(server, "admin")
        self.webhook = self.add_webhook(self.good, "Billing")
        self.add_webhook(self.bad, "Fails always")
        # The oldest three are refunded; two stay stuck.
        server.api("POST", "/api/admin/jobs/cleanup", {"batchSize": 3})
        self.dry_run = server.api("POST", "/api/admin/jobs/cleanup", {"dryRun": True})["result"]["runId"]
        self.run = server.value("SELECT run_id FROM run_items WHERE job_id = 'dead-0'")
        self.job = server.new_job(user="ada", kind="film", cost=60, payload={"prompt": "an otter that unsticks a queue " * 5})
        attempt = server.start_job(self.job)
        beat = {"attempt": attempt, "progress": 0.4, "message": "frame 40 of 100"}
        server.api("POST", f"/api/jobs/{self.job}/heartbeat", beat, role="worker")
        bulk = {"action": "cancel", "status": "PENDING", "reason": "The thumbnailer is gone", "confirm": "cancel 5"}
        self.bulk = admin.post("/admin/bulk", **bulk)[1]["Location"].rpartition("/")[2].partition("?")[0]
        wait_until(lambda: server.value("SELECT status FROM bulk_actions") == "COMPLETED", "the bulk action to end")
        wait_until(lambda: self.good.calls and self.bad.calls, "the webhooks to be called")
        # The policy page has learned by the second request.
        admin.get("/admin/policy")
        wait_until(lambda: "Learning" not in admin.get("/admin/policy")[2], "the past to be learned")

    def add_webhook(self, neighbour, note):
        body = {"url": neighbour.url("/hook"), "events": ["*"], "description": note}
        return self.server.api("POST", "/api/admin/webhooks", body)["id"]

    @property
    def views(self):
        """Every view that needs a session, by name."""
        return {
            "overview": "/admin",
            "stuck": "/admin/stuck",
            "jobs": "/admin/jobs",
            "job": f"/admin/jobs/{self.job}",
            "users": "/admin/users",
            "user": "/admin/users/ada",
            "runs": "/admin/runs",
            "run": f"/admin/runs/{self.run}",
            "dry-run": f"/admin/runs/{self.dry_run}",
            "policy": "/admin/policy",
            "webhooks": "/admin/webhooks",
            "webhook": f"/admin/webhooks/{self.webhook}",
            "deliveries": "/admin/deliveries",
            "audit": "/admin/audit",
            "tokens": "/admin/tokens",
            "account": "/admin/account",
            "bulk-new": "/admin/bulk/new?action=fail&status=PROCESSING",
            "bulks": "/admin/bulk",
            "bulk": f"/admin/bulk/{self.bulk}",
        }

    def stop(self):
        self.good.stop()
        self.bad.stop()


class WorldTest(BrowserTest):
    """A test over such a server."""

    policy = POLICY
    environment = ENVIRONMENT
    expected = EXPECTED

    @classmethod
    def seed(cls):
        seed(cls.server)

    @classmethod
    def fill(cls):
        cls.world = World(cls.server)
        cls.addClassCleanup(cls.world.stop)
