"""One action on many jobs."""

import re

from harness import LIVE, BrowserTest, ago, expect, job_row, wait_until


class BulkTest(BrowserTest):
    def count(self, condition):
        return self.server.value(f"SELECT count(*) FROM jobs WHERE {condition}")

    def begin(self, page, action, **filter):
        """From the list of jobs to the preview."""
        page.goto(self.server.url("/admin/jobs"))
        for name, value in filter.items():
            page.get_by_role("combobox", name=name).select_option(value)
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("link", name=f"{action} all …").click()
        self.assert_heading(page, f"{action} jobs")

    @staticmethod
    def state(page):
        return page.locator("#bulk-state")


class Cancel(BulkTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            [job_row(f"thumb-{n}", user=f"user-{n % 10}", kind="thumb", cost=3, status="PENDING") for n in range(300)]
            + [job_row(f"image-{n}", user=f"user-{n % 10}", status="PENDING") for n in range(100)]
            + [job_row(f"done-{n}", kind="thumb", status="COMPLETED", started=ago(hours=1)) for n in range(50)]
        )

    def test_cancel_all_of_a_kind(self):
        page = self.person("operator", "/admin/jobs")
        self.begin(page, "Cancel", Status="PENDING", Kind="thumb")
        expect(page.get_by_text("PENDING jobs of kind 'thumb' are cancelled")).to_be_visible()
        expect(self.detail(page, "Jobs")).to_have_text("300")
        expect(self.detail(page, "Total cost")).to_have_text("900")
        self.assertEqual(page.get_by_role("list", name="Filter").inner_text().split("\n"), ["Status: PENDING", "Kind: thumb"])
        expect(page.get_by_role("heading", name="The newest 20 of 300 jobs.")).to_be_visible()
        self.assertEqual(len(self.ids(page)), 20)

        page.get_by_label("Reason").fill("The thumbnailer is gone")
        word = page.get_by_label("Type cancel 300 to confirm")
        button = page.get_by_role("button", name="Cancel 300 jobs")
        word.fill("cancel")
        button.click()
        self.assertTrue(word.evaluate("field => field.validity.patternMismatch"))
        page.evaluate("document.querySelector('input[name=confirm]').removeAttribute('pattern')")
        self.watch.expect(409, "/admin/bulk")
        button.click()
        expect(page.get_by_text("This affects 300 jobs now.")).to_be_visible()
        self.assertEqual(self.count("status = 'PENDING'"), 400)
        self.assertEqual(self.server.sql("SELECT * FROM bulk_actions"), [])

        page.go_back()
        page.get_by_label("Reason").fill("The thumbnailer is gone")
        word.fill("cancel 300")
        button.click()
        expect(self.state(page)).to_contain_text("Completed", timeout=LIVE)
        expect(self.detail(page, "Done")).to_have_text("300")
        expect(self.detail(page, "Skipped")).to_have_text("0")
        expect(self.detail(page, "Errors")).to_have_text("0")
        expect(self.detail(page, "Reason")).to_have_text("The thumbnailer is gone")
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)
        self.assertEqual(self.count("kind = 'thumb' AND status = 'CANCELLED'"), 300)
        self.assertEqual(self.count("kind = 'image' AND status = 'PENDING'"), 100)
        self.assertEqual(self.count("kind = 'thumb' AND status = 'COMPLETED'"), 50)
        refunds = self.server.sql(
            "SELECT count(*), count(DISTINCT source_id), sum(amount) FROM token_transactions WHERE type = 'REFUND'"
        )
        self.assertEqual(refunds, [(300, 300, 900)])
        self.assertEqual(self.server.wrong_balances(), [])

        page.get_by_role("link", name="Bulk actions").click()
        row = page.get_by_role("row").filter(has_text="Cancel")
        expect(row).to_contain_text("PENDING jobs of kind 'thumb'")
        expect(row).to_contain_text("some-operator")
        page.goto(self.server.url("/admin/audit?action=bulk.start"))
        expect(page.get_by_role("row").filter(has_text="bulk.start")).to_contain_text(
            "cancel 300 PENDING jobs of kind 'thumb': The thumbnailer is gone"
        )
        page.goto(self.server.url("/admin/jobs/thumb-7"))
        expect(page.locator("#job-state")).to_contain_text("The thumbnailer is gone")

    def test_nothing_to_do(self):
        page = self.person("operator", "/admin/bulk/new?action=retry&status=FAILED&user=unknown")
        expect(page.get_by_text("There is no FAILED job of user 'unknown' to retry.")).to_be_visible()
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)

    def test_without_a_status(self):
        self.watch.expect(400, "/admin/bulk/new")
        page = self.person("operator", "/admin/bulk/new?action=retry")
        expect(page.get_by_text("Choose a status first")).to_be_visible()

    def test_not_with_such_jobs(self):
        self.watch.expect(400, "/admin/bulk/new")
        page = self.person("operator", "/admin/bulk/new?action=cancel&status=COMPLETED")
        expect(page.get_by_text(re.compile("Cancel works for jobs that are .*, not for COMPLETED."))).to_be_visible()


class Stop(BulkTest):
    JOBS = 12_000

    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            job_row(f"job-{n}", user=f"user-{n % 50}", cost=1, status="PENDING") for n in range(cls.JOBS)
        )

    def test_stop(self):
        page = self.person("operator", "/admin/jobs")
        self.begin(page, "Cancel", Status="PENDING")
        page.get_by_label("Reason").fill("by mistake")
        page.get_by_label("Type cancel 12000 to confirm").fill("cancel 12000")
        page.get_by_role("button", name="Cancel 12,000 jobs").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "0", timeout=LIVE)
        expect(page.get_by_text(re.compile(r"[0-9,]+ of 12,000 jobs"))).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_have_text("Stopped. Earlier changes are kept.")
        expect(self.state(page)).to_contain_text("Stopped")
        counted = "SELECT done FROM bulk_actions"
        # What was in hand when it was stopped is done, and counted.
        wait_until(lambda: self.server.value(counted) == self.count("status = 'CANCELLED'"), "the count of what was done")
        done = self.server.value(counted)
        self.assertTrue(0 < done < self.JOBS, done)
        page.reload()
        expect(self.detail(page, "Done")).to_have_text(f"{done:,}")
        self.assertEqual(self.server.wrong_balances(), [])
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)


class Retry(BulkTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            [job_row(f"failed-{n}", user=f"user-{n % 7}", cost=4, started=ago(minutes=30)) for n in range(15)]
            + [job_row(f"fresh-{n}") for n in range(30)]
        )

    @classmethod
    def fill(cls):
        cls.server.clean_up()

    def test_retry_failed(self):
        page = self.person("operator", "/admin/jobs")
        self.begin(page, "Retry", Status="FAILED")
        expect(page.get_by_text("Jobs that were refunded are charged again.")).to_be_visible()
        page.get_by_label("Reason").fill("The workers are back")
        page.get_by_label("Type retry 15 to confirm").fill("retry 15")
        page.get_by_role("button", name="Retry 15 jobs").click()
        expect(self.state(page)).to_contain_text("Completed", timeout=LIVE)
        expect(self.detail(page, "Done")).to_have_text("15")
        self.assertEqual(self.count("status = 'PENDING'"), 15)
        self.assertEqual(self.count("status = 'FAILED'"), 0)
        self.assertEqual(self.server.wrong_balances(), [])
        # Charged, refunded, and charged again.
        booked = self.server.sql("SELECT type FROM token_transactions WHERE source_id = 'failed-3' ORDER BY sequence")
        self.assertEqual([type for type, in booked], ["SPEND", "REFUND", "SPEND"])

    def test_too_poor_to_be_retried(self):
        """A user who has spent the refund cannot be charged again: that job is counted, and the others go on."""
        self.server.cli("grant", "poor", "8")
        self.server.cli("grant", "rich", "100")
        jobs = [self.server.new_job(user=user, kind="odd") for user in ("poor", "rich")]
        for job in jobs:
            self.server.api("POST", f"/api/jobs/{job}/cancel", {}, role="app")
        self.server.new_job(user="poor", kind="other")
        page = self.person("operator", "/admin/jobs")
        self.begin(page, "Retry", Status="CANCELLED", Kind="odd")
        page.get_by_label("Reason").fill("again")
        page.get_by_label("Type retry 2 to confirm").fill("retry 2")
        page.get_by_role("button", name="Retry 2 jobs").click()
        expect(self.state(page)).to_contain_text("Completed", timeout=LIVE)
        expect(self.detail(page, "Done")).to_have_text("1")
        expect(self.detail(page, "Errors")).to_have_text("1")
        page.reload()
        expect(page.get_by_role("link", name=jobs[0])).to_be_visible()
        self.assertEqual(self.server.wrong_balances(), [])
