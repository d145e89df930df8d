"""The page of one job."""

import json
import re
import time

from harness import BrowserTest, expect, job_row


class Job(BrowserTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs([job_row("a/b ü?#", user="us/er ü", status="PENDING")])
        cls.server.cli("grant", "ada", "1000", "--reason", "order 1")

    def timeline(self, page):
        """The titles of what happened."""
        return page.locator("#timeline > li b").all_inner_texts()

    def do(self, page, action, reason=""):
        page.get_by_text(f"{action} …", exact=True).click()
        page.get_by_label("Reason (optional)").and_(page.locator(":visible")).fill(reason)
        page.get_by_role("button", name=f"{action} this job").click()

    def test_a_life(self):
        job = self.server.new_job(kind="film", cost=60, tier="TIER_4K", payload={"prompt": "</pre><script>alert(1)</script>"})
        attempt = self.server.start_job(job, worker="gpu-7")
        beat = {"attempt": attempt, "progress": 0.25, "message": "frame <25>"}
        self.server.api("POST", f"/api/jobs/{job}/heartbeat", beat, role="worker")
        page = self.person("operator", f"/admin/jobs/{job}")
        self.assert_heading(page, re.compile(f"^Job {job}"))
        expect(page.locator("#job-state")).to_contain_text("Processing It has been running for")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "25")
        expect(self.detail(page, "Kind")).to_have_text("film")
        expect(self.detail(page, "Tier")).to_have_text("TIER_4K")
        expect(self.detail(page, "Cost")).to_have_text("60 tokens, charged")
        expect(self.detail(page, "Worker")).to_have_text("gpu-7")
        expect(self.detail(page, "Rule")).to_have_text("default")
        self.assertEqual(self.timeline(page), ["Created", "Charged", "Started, attempt 1", "Last heartbeat"])
        timeline = page.locator("#timeline")
        expect(timeline).to_contain_text("Kind film, tier TIER_4K, 60 tokens.")
        expect(timeline).to_contain_text("Worker gpu-7.")
        expect(timeline).to_contain_text("25 %: frame <25>")
        expect(page.locator("#job-ledger").get_by_role("listitem")).to_have_count(1)
        expect(page.locator("#job-ledger")).to_contain_text("−60 Spend")

        self.do(page, "Cancel", "The customer asked for it")
        expect(page.get_by_role("status")).to_have_text("The job was cancelled and refunded by its rule.")
        expect(page.locator("#job-state")).to_contain_text("Cancelled")
        expect(page.locator("#job-state")).to_contain_text("the user was refunded 60 tokens.")
        expect(page.locator("#job-state")).to_contain_text("The customer asked for it")
        self.assertEqual(self.timeline(page)[-2:], ["Refunded", "Cancelled"])
        expect(page.locator("#job-ledger").get_by_role("listitem")).to_have_count(2)
        expect(page.locator("#job-ledger")).to_contain_text("+60 Refund")
        self.assertEqual(self.server.value("SELECT status FROM jobs WHERE id = ?", job), "CANCELLED")

        self.do(page, "Retry", "They changed their mind")
        expect(page.get_by_role("status")).to_have_text("The job is in the queue again.")
        expect(page.locator("#job-state")).to_contain_text("Pending")
        expect(page.locator("#job-ledger").get_by_role("listitem")).to_have_count(3)
        self.assertEqual(self.server.wrong_balances(), [])

        page.goto(self.server.url("/admin/audit"))
        rows = page.get_by_role("row").filter(has=page.get_by_role("link", name=job))
        expect(rows.filter(has_text="job.cancel")).to_contain_text("The customer asked for it")
        expect(rows.filter(has_text="job.retry")).to_contain_text("They changed their mind")

        page.goto(self.server.url(f"/admin/jobs/{job}"))
        page.get_by_text("Raw JSON").click()
        raw = json.loads(page.locator("#raw pre").inner_text())
        self.assertEqual(raw["id"], job)
        self.assertEqual(raw, self.server.api("GET", f"/api/jobs/{job}", role="app"))

    def test_fail(self):
        job = self.server.new_job(cost=5)
        self.server.start_job(job)
        page = self.person("operator", f"/admin/jobs/{job}")
        page.get_by_text("Fail …", exact=True).click()
        expect(page.get_by_text("This attempt ends now, and the user is refunded 5 tokens.")).to_be_visible()
        # One form is open at a time.
        page.get_by_text("Cancel …", exact=True).click()
        expect(page.get_by_text("This attempt ends now, and the user is refunded 5 tokens.")).to_be_hidden()
        self.do(page, "Fail")
        expect(page.locator("#job-state")).to_contain_text("Failed")
        expect(page.locator("#job-state")).to_contain_text("Asked for by some-operator")
        self.assertEqual(self.server.value("SELECT status FROM jobs WHERE id = ?", job), "FAILED")

    def test_changed_in_the_meantime(self):
        job = self.server.new_job(cost=5)
        attempt = self.server.start_job(job)
        page = self.person("operator", f"/admin/jobs/{job}")
        page.get_by_role("button", name="Live").click()
        page.get_by_text("Cancel …", exact=True).click()
        self.server.api("POST", f"/api/jobs/{job}/complete", {"attempt": attempt}, role="worker")
        page.get_by_role("button", name="Cancel this job").click()
        expect(page.get_by_role("status")).to_contain_text("Nothing was changed: the job had changed in the meantime.")
        expect(page.locator("#job-state")).to_contain_text("Completed It was delivered")
        self.assertEqual(self.server.value("SELECT status FROM jobs WHERE id = ?", job), "COMPLETED")

    def test_a_run_is_shown_with_its_details(self):
        job = self.server.new_job(cost=7)
        self.server.start_job(job, worker="gpu-9")
        # A run-wide timeout is one second at least.
        time.sleep(1.1)
        self.server.clean_up(timeoutMs=1000, force=True)
        page = self.person("viewer", f"/admin/jobs/{job}")
        expect(page.locator("#job-state")).to_contain_text("A run ended it, and the user was refunded 7 tokens.")
        self.assertEqual(
            self.timeline(page), ["Created", "Charged", "Started, attempt 1", "Found stuck, failed, refunded", "Refunded"]
        )
        entry = page.locator("#timeline > li", has_text="Found stuck")
        for fact in ["Rule: default", "Limit: timeout 1s", "Measured: ", "Attempt: 1"]:
            expect(entry).to_contain_text(fact)

    def test_odd_id(self):
        page = self.person("operator", "/admin/jobs")
        page.get_by_role("link", name="a/b ü?#").click()
        self.assert_heading(page, re.compile(r"^Job a.b ü\?#"))
        page.get_by_role("link", name="us/er ü", exact=True).click()
        self.assert_heading(page, re.compile("^User us.er ü"))
        page.get_by_role("link", name="Jobs of this user").click()
        page.get_by_role("link", name="a/b ü?#", exact=True).click()
        self.do(page, "Cancel")
        expect(page.get_by_role("status")).to_contain_text("The job was cancelled")

    def test_copy(self):
        job = self.server.new_job(cost=0)
        page = self.person("viewer", f"/admin/jobs/{job}")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.server.origin)
        button = page.get_by_role("heading", level=1).locator("..").get_by_role("button", name=f"Copy {job}")
        button.click()
        expect(button).to_contain_class("done")
        self.assertEqual(page.evaluate("navigator.clipboard.readText()"), job)
        expect(button).to_be_focused()

    def test_free_job(self):
        job = self.server.new_job(cost=0)
        page = self.person("viewer", f"/admin/jobs/{job}")
        expect(page.get_by_text("There is no booking for this job: it cost nothing.")).to_be_visible()

    def test_sent_once(self):
        """A double click is one act."""
        job = self.server.new_job(cost=5)
        page = self.person("operator", f"/admin/jobs/{job}")
        posts = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        page.get_by_text("Cancel …", exact=True).click()
        page.get_by_role("button", name="Cancel this job").dblclick()
        expect(page.locator("#job-state")).to_contain_text("Cancelled")
        self.assertEqual(len(posts), 1)
        expect(page.get_by_role("status")).to_contain_text("The job was cancelled")
