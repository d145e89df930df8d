"""Runs, the policy, webhooks, API keys and the audit log."""

import json
import re

from harness import LIVE, NEIGHBOURS, BrowserTest, Neighbour, ago, expect, job_row, wait_until


class Runs(BrowserTest):
    expected = ["Cleanup held", "A hold was opened", "An alert fires"]

    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            [job_row(f"dead-{number}", cost=10, started=ago(minutes=30)) for number in range(3)]
            + [job_row(f"fresh-{number}") for number in range(8)]
        )

    @classmethod
    def fill(cls):
        server = cls.server
        cls.dry_run = server.api("POST", "/api/admin/jobs/cleanup", {"dryRun": True})["result"]["runId"]
        # One of the jobs that would be failed has another outcome.
        server.api("POST", "/api/jobs/dead-0/complete", {"attempt": 1}, role="worker")
        server.cli("cleanup")
        server.clean_up()
        server.import_jobs([job_row(f"many-{number}", started=ago(minutes=30)) for number in range(25)])
        server.clean_up()

    def results(self, page):
        return [
            (row.locator("[data-label=Trigger]").inner_text(), row.locator("[data-label=Result]").inner_text())
            for row in page.get_by_role("table").locator("tbody tr").all()
        ]

    def test_filters(self):
        page = self.person("viewer", "/admin/runs")
        everything = [
            ("admin:some-admin", "Held"), ("admin:some-admin", "Completed"), ("cli", "Completed"),
            ("admin:some-admin", "Dry run"),
        ]
        self.assertEqual(self.results(page), everything)
        trigger, result = page.get_by_label("Trigger"), page.get_by_label("Result")
        trigger.select_option("Command line")
        page.get_by_role("button", name="Filter").click()
        self.assertEqual(self.results(page), [("cli", "Completed")])
        expect(trigger).to_have_value("cli")
        for name, expected in [("Held", [everything[0]]), ("Dry run", [everything[3]]), ("Completed", [everything[1]])]:
            trigger.select_option("Admin")
            result.select_option(name)
            page.get_by_role("button", name="Filter").click()
            self.assertEqual(self.results(page), expected, name)
        result.select_option("Failed")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_text("No run matches this filter.")).to_be_visible()
        page.get_by_role("link", name="Clear").click()
        self.assertEqual(self.results(page), everything)

    def test_dry_run(self):
        page = self.person("viewer", "/admin/runs?status=DRY_RUN")
        page.get_by_role("rowheader").get_by_role("link").click()
        self.assertEqual(self.path(page), f"/admin/runs/{self.dry_run}")
        state = page.locator("#run-state")
        expect(state).to_contain_text("The dry run found 3 stuck jobs, would refund 30 tokens and changed nothing.")
        expect(state).to_contain_text("1 of 3 jobs ended differently than predicted.")
        expect(page.get_by_role("row", name="dead-0")).to_contain_text("Completed not as predicted")
        row = page.get_by_role("row", name="dead-1")
        expect(row).to_contain_text("Would fail")
        expect(row.locator("[data-label='Since then']")).to_have_text("Failed")

    def test_held(self):
        page = self.person("viewer", "/admin/runs?status=HELD")
        page.get_by_role("rowheader").get_by_role("link").click()
        expect(page.locator("#run-state")).to_contain_text("The run was held and changed nothing.")
        expect(page.get_by_text("The run was held before it took a job.")).to_be_visible()
        # Callers who may not decide see the hold without its forms.
        expect(page.get_by_role("button", name="Approve: let runs clean them")).to_have_count(0)

    def test_unknown(self):
        self.watch.expect(404, "/admin/runs/none")
        page = self.person("viewer", "/admin/runs/none")
        expect(page.get_by_text("There is no run 'none'. Check the id, or search the list.")).to_be_visible()


class Policy(BrowserTest):
    expected = ["Cleanup held", "A hold was opened"]
    policy = """
rules:
  - name: films
    kind: video
    tier: TIER_4K
    timeout: 1h30m
    heartbeatTimeout: 90s
    retry: { attempts: 2, backoff: 10s, cap: 10m }
    refund: byProgress
  - name: by-hand
    kind: by-hand
    timeout: none
"""

    @classmethod
    def seed(cls):
        durations = [10 + number % 20 for number in range(1200)]
        cls.server.import_jobs(
            [
                job_row(
                    f"job-{number}", user=f"user-{number % 9}", kind="image", status="COMPLETED",
                    started=ago(seconds=9000 + duration), updated_at=ago(seconds=9000),
                    processing_completed_at=ago(seconds=9000),
                )
                for number, duration in enumerate(durations)
            ]
            + [job_row(f"slow-{number}", kind="video", tier="TIER_4K", status="COMPLETED", started=ago(hours=5)) for number in range(3)]
        )

    def test_rules(self):
        page = self.person("viewer", "/admin/policy")
        rules = page.get_by_role("region", name="Rules").get_by_role("listitem")
        expect(rules).to_have_count(3)
        expect(rules.nth(0)).to_contain_text("films For kind video, tier TIER_4K: at most running 1h 30m, silent 1m 30s;")
        expect(rules.nth(1)).to_contain_text("by-hand For kind by-hand")
        expect(rules.nth(2)).to_contain_text("default For every other job: at most running 5m")
        row = page.get_by_role("row", name="films")
        cells = {name: row.locator(f"[data-label='{name}']").inner_text() for name in ["Timeout", "Heartbeat", "Attempts", "Refund"]}
        self.assertEqual(cells, {"Timeout": "1h 30m", "Heartbeat": "1m 30s", "Attempts": "2", "Refund": "by progress"})
        expect(page.get_by_text("Guard A run is held when")).to_be_visible()
        expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(0)

    def test_learned(self):
        page = self.person("viewer", "/admin/policy")
        # It appears without a reload.
        expect(page.get_by_text("From the newest 1,203 completed jobs")).to_be_visible(timeout=LIVE)
        group = page.locator("#learned section", has=page.get_by_role("heading", name="image"))
        expect(group.locator("svg")).to_be_visible()
        for name, value in [("Completed", "1,200"), ("Slowest", "29s"), ("Limit", "5m default, kills none")]:
            expect(group.locator(".details > div", has=page.get_by_text(name, exact=True)).locator("dd")).to_have_text(value)

    def test_pause_and_resume(self):
        page = self.person("operator", "/admin/policy")
        page.get_by_label("Pause for (minutes)").fill("90")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("Cleaning is paused on every server.")
        banner = page.locator("#banner")
        expect(banner).to_have_text("Cleaning is paused by some-operator; it resumes in 1 h.")
        # It is on every page.
        other = self.person("viewer", "/admin/audit")
        expect(other.locator("#banner")).to_contain_text("Cleaning is paused by some-operator")
        self.assertEqual(self.server.clean_up()["code"], "held")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("status")).to_have_text("Cleaning is resumed.")
        expect(banner).to_be_hidden()
        other.reload()
        expect(other.locator("#banner")).to_be_hidden()
        self.assertIn("result", self.server.clean_up())

    def test_reload(self):
        page = self.person("admin", "/admin/policy")
        expect(page.get_by_text(str(self.server.policy))).to_be_visible()
        right = self.server.policy.read_text()
        self.addCleanup(self.server.policy.write_text, right)
        self.server.policy.write_text(right.replace("timeout: 1h30m", "timeout: soon").replace("refund: byProgress", "refund: perhaps"))
        self.watch.expect(422, "/admin/policy/reload")
        page.get_by_role("button", name="Reload").click()
        self.assert_heading(page, "The policy file is invalid")
        expect(page.get_by_text("Nothing was changed: the previous policy stays in force.")).to_be_visible()
        for wrong in ["timeout", "refund"]:
            expect(page.get_by_role("main").get_by_text(wrong).first).to_be_visible()
        self.server.policy.write_text(right.replace("timeout: 1h30m", "timeout: 2h"))
        page.get_by_role("link", name="To the policy").click()
        page.get_by_role("button", name="Reload").click()
        expect(page.get_by_role("status")).to_have_text("The policy was reloaded and is in force.")
        expect(page.get_by_role("row", name="films").locator("[data-label=Timeout]")).to_have_text("2h")
        self.server.policy.write_text(right)
        page.get_by_role("button", name="Reload").click()
        expect(page.get_by_role("row", name="films").locator("[data-label=Timeout]")).to_have_text("1h 30m")


class Webhooks(BrowserTest):
    environment = NEIGHBOURS
    expected = ["An event could not be delivered"]

    def setUp(self):
        super().setUp()
        self.receiver = Neighbour()
        self.addCleanup(self.receiver.stop)

    def add(self, page, events="job.*", note="Billing"):
        page.goto(self.server.url("/admin/webhooks"))
        page.get_by_label("URL").fill(self.receiver.url("/hook?key=hidden"))
        page.get_by_label("Events").fill(events)
        page.get_by_label("Note").fill(note)
        page.get_by_role("button", name="Add", exact=True).click()
        self.assert_heading(page, "Webhook added")

    def types(self):
        return [json.loads(body)["type"] for _, body in self.receiver.calls]

    def test_secret_is_shown_once(self):
        page = self.person("admin")
        self.add(page)
        secret = page.locator(".secret").inner_text()
        self.assertRegex(secret, r"^whsec_[A-Za-z0-9+/=]{32,}$")
        expect(page.get_by_text("This is shown only once.")).to_be_visible()
        expect(page.get_by_role("button", name="Copy " + secret)).to_be_visible()
        page.get_by_role("link", name="To the webhook").click()
        self.assert_heading(page, re.compile("^Webhook wh_"))
        webhook = self.path(page)
        for path in [webhook, "/admin/webhooks", "/admin/audit", "/admin/deliveries"]:
            page.goto(self.server.url(path))
            self.assertNotIn(secret, page.content())
        # A viewer does not see the whole address either.
        viewer = self.person("viewer", webhook)
        self.assertNotIn("key=hidden", viewer.content())

    def test_test(self):
        page = self.person("admin")
        self.add(page, note="Tested")
        page.get_by_role("link", name="To the webhook").click()
        expect(self.detail(page, "Note")).to_have_text("Tested")
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_role("status")).to_have_text("The receiver accepted the test event.")
        self.assertEqual(len(self.receiver.calls), 1)
        headers, _ = self.receiver.calls[0]
        self.assertIn("webhook-signature", {name.lower() for name in headers})
        self.receiver.status = 500
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_role("status")).to_contain_text("The receiver did not accept the test event.")

    def test_deliveries_and_replay(self):
        page = self.person("admin")
        self.add(page, events="job.cancelled, job.failed")
        page.get_by_role("link", name="To the webhook").click()
        webhook = self.path(page)
        expect(page.get_by_text("No deliveries yet.")).to_be_visible()
        job = self.server.new_job(cost=0)
        self.server.api("POST", f"/api/jobs/{job}/cancel", {}, role="app")
        wait_until(lambda: "job.cancelled" in self.types(), "the event to be delivered")
        page.goto(self.server.url(f"/admin/jobs/{job}"))
        page.get_by_role("link", name="Webhook deliveries about this job").click()
        expect(page.get_by_label("Job id")).to_have_value(job)
        row = page.get_by_role("row").filter(has_text="job.cancelled")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Delivered")
        before = len(self.receiver.calls)
        row.get_by_role("button", name="Send").click()
        expect(page.get_by_role("status")).to_have_text("The deliveries will be sent again.")
        self.assertEqual(self.path(page), f"{webhook}?did=replayed")
        wait_until(lambda: len(self.receiver.calls) > before, "the event to be delivered again")
        events = [headers["webhook-id"] for headers, _ in self.receiver.calls]
        self.assertEqual(events[-1], events[self.types().index("job.cancelled")])

        page.goto(self.server.url("/admin/deliveries?status=DEAD"))
        expect(page.get_by_text("No delivery matches this filter.")).to_be_visible()
        page.get_by_label("Status").select_option("DELIVERED")
        page.get_by_role("button", name="Filter").click()
        expect(row.first).to_be_visible()
        page.goto(self.server.url("/admin/audit?action=webhook.add"))
        expect(page.get_by_role("row").filter(has_text="some-admin").first).to_be_visible()

    def test_disable_and_enable(self):
        page = self.person("admin")
        self.add(page)
        page.get_by_role("link", name="To the webhook").click()
        page.get_by_role("button", name="Disable").click()
        expect(page.get_by_role("status")).to_have_text("The webhook is disabled.")
        expect(page.locator("#webhook-state")).to_contain_text("Disabled")
        self.server.new_job(cost=0)
        page.get_by_role("button", name="Enable").click()
        expect(page.get_by_role("status")).to_have_text("The webhook is enabled.")
        expect(page.locator("#webhook-state")).not_to_contain_text("Disabled")

    def test_wrong(self):
        page = self.person("admin", "/admin/webhooks")
        page.get_by_label("URL").fill("http://10.1.2.3/hook")
        page.get_by_label("Events").fill("job.*")
        page.get_by_label("Note").fill("kept")
        self.watch.expect(400, "/admin/webhooks")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("10.1.2.3")
        # The input is still there.
        expect(page.get_by_label("URL")).to_have_value("http://10.1.2.3/hook")
        expect(page.get_by_label("Note")).to_have_value("kept")
        page.get_by_label("URL").fill(self.receiver.url())
        page.get_by_label("Events").fill("jobs.everything")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("jobs.everything")


class Tokens(BrowserTest):
    def make(self, page, name, role):
        page.goto(self.server.url("/admin/tokens"))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Role").select_option(role)
        page.get_by_role("button", name="Create").click()

    def test_make_and_revoke(self):
        page = self.newcomer("admin")
        self.make(page, "lena", "operator")
        self.assert_heading(page, "API key created")
        secret = page.locator(".secret").inner_text()
        page.get_by_role("main").get_by_role("link", name="API keys").click()
        self.assertNotIn(secret, page.content())
        expect(page.get_by_role("row", name="lena")).to_contain_text("Valid")
        # A page without live updates: a page with them sends requests, and may be refused before lena clicks.
        lena = self.visitor("/admin/account")
        self.sign_in(lena, secret)
        expect(lena.get_by_role("link", name="lena operator")).to_be_visible()

        page.get_by_role("button", name="Revoke lena").click()
        expect(page.get_by_role("status")).to_contain_text("The API key is revoked")
        expect(page.get_by_role("row", name="lena")).to_contain_text("Revoked")
        expect(page.get_by_role("button", name="Revoke lena")).to_have_count(0)
        # Its sessions have ended.
        lena.get_by_role("link", name="Jobs", exact=True).click()
        self.assert_heading(lena, "Sign in")
        self.watch.expect(401, "/admin/sign-in")
        self.sign_in(lena, secret)
        expect(lena.get_by_role("alert")).to_contain_text("This key is unknown or revoked.")
        # No user revokes the key of their own session.
        expect(page.get_by_role("button", name="Revoke some-admin")).to_have_count(0)
        page.goto(self.server.url("/admin/audit"))
        expect(page.get_by_role("row").filter(has_text="token.revoke")).to_contain_text("lena")
        self.assertNotIn(secret, page.content())

    def test_name_is_taken(self):
        page = self.person("admin")
        self.watch.expect(400, "/admin/tokens")
        self.make(page, "some-viewer", "worker")
        expect(page.get_by_role("status")).to_contain_text("some-viewer")
        expect(page.get_by_label("Name")).to_have_value("some-viewer")
        expect(page.get_by_label("Role")).to_have_value("worker")


class Audit(BrowserTest):
    @classmethod
    def fill(cls):
        for _ in range(60):
            cls.server.sql(
                """INSERT INTO audit SELECT id || '-' || (SELECT count(*) FROM audit), at, 'robot', 'operator', 'api', '10.0.0.7',
                'cleanup', NULL, NULL, 'done' FROM audit LIMIT 1"""
            )
        cls.server.api("POST", "/api/admin/pause", {"seconds": 60})
        cls.server.api("DELETE", "/api/admin/pause")

    def shown(self, page):
        return page.get_by_role("table").locator("tbody tr")

    def test_filters(self):
        page = self.person("viewer", "/admin/audit")
        page.get_by_label("Action").select_option("cleanup.pause")
        page.get_by_role("button", name="Filter").click()
        expect(self.shown(page)).to_have_count(1)
        expect(self.shown(page)).to_contain_text("some-admin")
        page.get_by_role("link", name="Clear").click()
        page.get_by_label("Who").fill("robot")
        page.get_by_role("button", name="Filter").click()
        expect(self.shown(page)).to_have_count(50)
        page.get_by_role("link", name="Next page").click()
        expect(self.shown(page)).to_have_count(10)
        expect(page.get_by_label("Who")).to_have_value("robot")
        page.get_by_label("Who").fill("nobody")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_text("No entry matches this filter. Names are compared exactly.")).to_be_visible()

    def test_refused_sign_in(self):
        page = self.visitor("/admin")
        self.watch.expect(401, "/admin/sign-in")
        self.sign_in(page, "guessed")
        expect(page.get_by_role("alert")).to_be_visible()
        page = self.person("viewer", "/admin/audit?action=sign-in.refused")
        expect(self.shown(page)).to_contain_text("unknown")
        expect(self.shown(page)).to_contain_text("refused")
        self.assertNotIn("guessed", page.content())

    def test_utc_and_copy(self):
        job = self.server.new_job(cost=0)
        self.server.api("POST", f"/api/admin/jobs/{job}/retry", {}, expected=[200, 409])
        page = self.person("viewer", "/admin/audit")
        moment = self.shown(page).first.locator("time")
        expect(moment).to_have_text(re.compile("ago$"))
        page.get_by_role("button", name="Times: ago").click()
        expect(moment).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
        expect(page.get_by_role("main").get_by_role("button", name="Copy ").first).to_be_visible()
