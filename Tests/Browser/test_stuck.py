"""The stuck jobs, and a cleanup by hand."""

import re

from harness import LIVE, BrowserTest, ago, expect, job_row


def running(count, start=0):
    """Jobs that have just started."""
    return [job_row(f"fresh-{number}", user=f"user-{number % 20}") for number in range(start, start + count)]


def stuck(count, cost=8):
    """Jobs whose worker died, the oldest first."""
    return [
        job_row(f"stuck-{number}", user=f"user-{number % 20}", cost=cost, started=ago(minutes=60 + count - number))
        for number in range(count)
    ]


class CleaningTest(BrowserTest):
    def statuses(self, prefix):
        return dict(
            self.server.sql("SELECT status, count(*) FROM jobs WHERE id GLOB ? GROUP BY status", prefix + "*")
        )

    def assert_untouched(self):
        """Nothing was failed, refunded or recorded."""
        self.assertEqual(self.server.sql("SELECT * FROM runs"), [])
        self.assertEqual(self.server.sql("SELECT * FROM token_transactions WHERE type = 'REFUND'"), [])

    @staticmethod
    def sums(page):
        return page.locator("#stuck-sums")

    @staticmethod
    def clean_button(page):
        return page.get_by_role("button", name="Clean up now")


class FewStuck(CleaningTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            [
                job_row("video-1", user="ada", kind="video", tier="TIER_4K", cost=60, started=ago(minutes=90)),
                job_row("image-1", user="ada", cost=8, started=ago(minutes=30)),
                job_row("image-2", user="grace", cost=2, started=ago(minutes=20)),
                job_row("image-3", user="grace", cost=2, started=ago(minutes=2)),
                job_row("image-4", user="linus", cost=2),
            ]
        )

    def test_1_what_is_stuck(self):
        page = self.person("viewer")
        tile = page.get_by_role("region", name="Stuck now")
        expect(tile).to_contain_text("3 stuck jobs")
        expect(tile.get_by_role("listitem").filter(has_text="image")).to_contain_text("2")
        tile.get_by_role("link", name="image").click()
        self.assertEqual(self.path(page), "/admin/stuck?kind=image")
        self.assertEqual(self.ids(page), ["image-1", "image-2"])
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Stuck").click()
        expect(self.sums(page)).to_contain_text("3 stuck")
        expect(self.sums(page)).to_contain_text("70 tokens due for refund")
        self.assertEqual(self.ids(page), ["video-1", "image-1", "image-2"])
        row = page.get_by_role("row", name="video-1")
        expect(row).to_contain_text("TIER_4K")
        expect(row).to_contain_text("timeout 5m")
        expect(row).to_contain_text("processing for 1h 30m, limit 5m")
        expect(row.get_by_role("link", name="ada")).to_have_attribute("href", "/admin/users/ada")
        expect(self.clean_button(page)).to_have_count(0)

    def test_2_preview(self):
        page = self.person("operator", "/admin/stuck")
        page.get_by_label("Timeout").fill("1m")
        page.get_by_role("button", name="Preview").click()
        self.assertIn("timeout=1m", self.path(page))
        expect(self.sums(page)).to_contain_text("4 stuck")
        self.assertEqual(self.ids(page), ["video-1", "image-1", "image-2", "image-3"])
        expect(page.get_by_label("Timeout")).to_have_value("1m")
        page.get_by_label("Batch size").fill("2")
        page.get_by_role("button", name="Preview").click()
        expect(self.sums(page)).to_contain_text("68 tokens due for refund for the oldest 2 jobs")
        page.get_by_label("Kind").select_option("video")
        page.get_by_role("button", name="Preview").click()
        self.assertEqual(self.ids(page), ["video-1"])
        self.assert_untouched()

    def test_3_wrong_preview(self):
        page = self.person("operator", "/admin/stuck")
        page.get_by_label("Timeout").fill("soon")
        self.watch.expect(400, "/admin/stuck")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("The timeout: 'soon' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d.")).to_be_visible()

    def test_4_clean_up_and_was_this_customer_refunded(self):
        page = self.person("operator", "/admin/stuck")
        # Few jobs need no confirmation.
        expect(page.get_by_label("to confirm")).to_have_count(0)
        expect(page.get_by_text("The run takes all 3 jobs and refunds up to 70 tokens.")).to_be_visible()
        self.clean_button(page).click()
        self.assert_heading(page, re.compile("^Run "))
        state = page.locator("#run-state")
        expect(state).to_contain_text("Completed", timeout=LIVE)
        expect(state).to_contain_text("Failed 3 stuck jobs and refunded 70 tokens.")
        expect(self.detail(page, "Trigger")).to_contain_text("some-operator")
        expect(self.detail(page, "Refunded")).to_have_text("70")
        expect(page.get_by_role("row", name="video-1")).to_contain_text("Failed, refunded")
        self.assertEqual(self.statuses(""), {"FAILED": 3, "PROCESSING": 2})

        # A customer asks.
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Users").click()
        page.get_by_label("User id").fill("ada")
        page.get_by_role("button", name="Look up").click()
        self.assertEqual(self.path(page), "/admin/users/ada")
        expect(page.locator("#user-state")).to_contain_text("Refunded Yes: 68 tokens in 2 refunds.")
        expect(self.detail(page, "Balance")).to_have_text("68")
        refunds = page.get_by_role("table", name="Refunds, newest first")
        row = refunds.get_by_role("row", name="video-1")
        expect(row).to_contain_text("+60")
        expect(row).to_contain_text("Job timeout cleanup - stuck for")
        row.get_by_role("link", name="video-1").click()
        self.assert_heading(page, re.compile("^Job video-1"))
        expect(page.locator("#job-state")).to_contain_text("A run ended it, and the user was refunded 60 tokens.")
        page.get_by_role("link", name="The run").click()
        self.assert_heading(page, re.compile("^Run "))

        page.goto(self.server.url("/admin/users/linus"))
        expect(page.locator("#user-state")).to_contain_text("Not refunded")
        self.assertEqual(self.server.wrong_balances(), [])

        # It was recent, so it is in the list too.
        page.goto(self.server.url("/admin/users"))
        expect(page.get_by_role("row", name="grace")).to_contain_text("image-2")

    def test_5_unknown_user(self):
        page = self.person("viewer", "/admin/users")
        page.get_by_label("User id").fill("<b>Ada</b>")
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("status")).to_contain_text("No user “<b>Ada</b>” has a transaction or a job.")
        expect(page.get_by_label("User id")).to_have_value("<b>Ada</b>")


class ManyStuck(CleaningTest):
    expected = ["An alert fires"]

    @classmethod
    def seed(cls):
        cls.server.import_jobs(stuck(400) + running(900))

    def test_typed_confirmation(self):
        page = self.person("operator", "/admin/stuck")
        expect(self.sums(page)).to_contain_text("400 stuck")
        expect(page.get_by_text("These are the 50 oldest of 400.")).to_be_visible()
        self.assertEqual(len(self.ids(page)), 50)
        expect(page.get_by_text("The run takes the oldest 100 jobs and refunds up to 800 tokens.")).to_be_visible()
        expect(page.get_by_label("to confirm")).to_have_count(0)

        page.get_by_label("Until nothing is stuck").check()
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_label("Until nothing is stuck")).to_be_checked()
        expect(page.get_by_text("The run takes all 400 jobs and refunds up to 3,200 tokens.")).to_be_visible()
        word = page.get_by_label("Type clean 400 to confirm")

        # The browser requires the text.
        self.clean_button(page).click()
        self.assertTrue(word.evaluate("field => field.validity.valueMissing"))
        word.fill("clean 40")
        self.clean_button(page).click()
        self.assertTrue(word.evaluate("field => field.validity.patternMismatch"))
        self.assertIn("/admin/stuck", self.path(page))

        # So does the server.
        page.evaluate("document.querySelector('input[name=confirm]').removeAttribute('pattern')")
        self.watch.expect(409, "/admin/cleanup")
        self.clean_button(page).click()
        expect(page.get_by_text("This affects 400 jobs now.")).to_be_visible()
        expect(page.get_by_text("Nothing was changed.")).to_be_visible()
        self.assertEqual(self.statuses("stuck"), {"PROCESSING": 400})
        self.assert_untouched()

        page.go_back()
        word.fill("clean 400")
        self.clean_button(page).click()
        self.assert_heading(page, re.compile("^Run "))
        state = page.locator("#run-state")
        # The page updates when it is done.
        expect(state).to_contain_text("Failed 400 stuck jobs and refunded 3,200 tokens.", timeout=LIVE)
        expect(state).to_contain_text("Completed")
        expect(page.get_by_role("row")).to_have_count(51, timeout=LIVE)
        self.assertEqual(self.statuses("stuck"), {"FAILED": 400})
        self.assertEqual(self.statuses("fresh"), {"PROCESSING": 900})
        self.assertEqual(self.server.wrong_balances(), [])

        # Each job once, over all pages.
        seen = self.ids(page)
        while (following := page.get_by_role("link", name="Next page")).count():
            following.click()
            expect(page.get_by_role("link", name="Newest")).to_be_visible()
            seen += self.ids(page)
        self.assertEqual(sorted(seen), sorted(f"stuck-{number}" for number in range(400)))


class Held(CleaningTest):
    expected = ["Cleanup held", "A hold was opened", "An alert fires"]

    @classmethod
    def seed(cls):
        cls.server.import_jobs(stuck(25) + running(5))

    def test_held_and_approved(self):
        page = self.person("operator", "/admin/stuck")
        expect(page.get_by_text("Would be held.")).to_be_visible()
        expect(page.get_by_text(re.compile("25 of (the )?30 running jobs"))).to_be_visible()
        # A run without a confirmation is held.
        self.assertEqual(self.server.clean_up()["code"], "held")
        self.assertEqual(self.statuses("stuck"), {"PROCESSING": 25})

        page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
        runs = page.get_by_role("region", name="Runs")
        expect(runs).to_contain_text("Held")
        expect(runs).to_contain_text("The run was held and changed nothing.")
        runs.get_by_role("link", name="Last run").click()
        self.assert_heading(page, re.compile("^Run "))
        expect(page.locator("#run-state")).to_contain_text(re.compile("25 of (the )?30 running jobs"))
        # Nothing but a decision about the hold lets a run clean these jobs.
        expect(self.clean_button(page)).to_have_count(0)
        hold = page.locator("section.card", has=page.get_by_role("heading", name="Held: 25 jobs"))
        expect(hold).to_contain_text(re.compile("25 of (the )?30 running jobs"))
        hold.get_by_role("button", name="Approve: let runs clean them").click()
        expect(page.get_by_role("status")).to_have_text("The hold is approved: the next run cleans its jobs.")
        self.assertEqual(self.statuses("stuck"), {"PROCESSING": 25})
        self.clean_button(page).click()
        expect(page.locator("#run-state")).to_contain_text("Failed 25 stuck jobs and refunded 200 tokens.", timeout=LIVE)
        self.assertEqual(self.statuses("stuck"), {"FAILED": 25})
        self.assertEqual(self.statuses("fresh"), {"PROCESSING": 5})
        self.assertEqual(self.server.wrong_balances(), [])
        page.goto(self.server.url("/admin/audit?action=hold.approve"))
        expect(page.get_by_role("row").filter(has_text="some-operator").first).to_contain_text("25 of")


class HeldByPause(CleaningTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs(stuck(3) + running(5))

    def test_paused(self):
        page = self.person("operator", "/admin/policy")
        page.get_by_label("Pause for (minutes)").fill("30")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("Cleaning is paused on every server.")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Stuck").click()
        expect(page.get_by_text("Cleaning is paused by some-operator; it resumes")).to_be_visible()
        expect(page.get_by_text("Paused.", exact=True)).to_be_visible()
        page.get_by_label("Run anyway").check()
        page.get_by_label("Type force 3 to confirm").fill("force 3")
        self.clean_button(page).click()
        expect(page.locator("#run-state")).to_contain_text("Failed 3 stuck jobs", timeout=LIVE)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Policy").click()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("status")).to_have_text("Cleaning is resumed.")
        expect(page.get_by_text("Cleaning is paused by")).to_have_count(0)
