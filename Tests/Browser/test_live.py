"""An open page shows changes without a reload."""

from harness import LIVE, BrowserTest, Server, expect, wait_until

SHORT = "defaults:\n  timeout: 3s\n"

HIDE = """(isHidden) => {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
  Object.defineProperty(document, "visibilityState", { value: isHidden ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class LiveTest(BrowserTest):
    policy = SHORT

    @classmethod
    def fill(cls):
        cls.server.cli("grant", "ada", "1000")

    def setUp(self):
        super().setUp()
        # Jobs that an earlier test started would become stuck during this one.
        wait_until(self.nothing_runs, "jobs to end")

    def nothing_runs(self):
        self.server.clean_up()
        return self.server.value("SELECT count(*) FROM jobs WHERE status = 'PROCESSING'") == 0

    @staticmethod
    def badge(page, word):
        return page.get_by_role("button", name=word, exact=True)

    @staticmethod
    def mark(page):
        """State that a reload would clear."""
        page.evaluate("window.isMarked = true")

    def assert_not_reloaded(self, page):
        self.assertTrue(page.evaluate("window.isMarked"))

    def make_stuck(self):
        job = self.server.new_job()
        self.server.start_job(job)
        return job


class Overview(LiveTest):
    def stuck(self, page):
        return page.locator("#stuck-count")

    def test_a_job_becomes_stuck_and_is_cleaned(self):
        page = self.person("viewer")
        expect(self.badge(page, "Live")).to_be_visible()
        expect(self.stuck(page)).to_have_text("0 stuck jobs", timeout=LIVE)
        self.mark(page)
        self.make_stuck()
        expect(self.stuck(page)).to_have_text("1 stuck job", timeout=LIVE)
        tile = page.get_by_role("region", name="Stuck now")
        expect(tile).to_contain_text("Needs a run")
        expect(tile.get_by_role("link", name="image")).to_be_visible()
        self.assertEqual(self.server.clean_up()["result"]["cleanedUp"], 1)
        expect(self.stuck(page)).to_have_text("0 stuck jobs", timeout=LIVE)
        expect(tile).to_contain_text("Nothing stuck")
        expect(page.get_by_role("region", name="Runs")).to_contain_text("Failed 1 stuck job and refunded 8 tokens.")
        self.assert_not_reloaded(page)

    def test_paused(self):
        paused = self.person("viewer")
        # It may show data from a moment ago.
        expect(self.stuck(paused)).to_have_text("0 stuck jobs", timeout=LIVE)
        self.badge(paused, "Live").click()
        expect(self.badge(paused, "Paused")).to_be_visible()
        asked = []
        paused.on("request", lambda request: asked.append(request.url))
        other = self.person("viewer")
        self.make_stuck()
        expect(self.stuck(other)).to_have_text("1 stuck job", timeout=LIVE)
        # The other page shows it; this one has not sent a request yet.
        expect(self.stuck(paused)).to_have_text("0 stuck jobs")
        self.assertEqual(asked, [])
        self.badge(paused, "Paused").click()
        expect(self.badge(paused, "Live")).to_be_visible()
        expect(self.stuck(paused)).to_have_text("1 stuck job")

    def test_hidden(self):
        hidden = self.person("viewer")
        expect(self.badge(hidden, "Live")).to_be_visible()
        # It may show data from a moment ago.
        expect(self.stuck(hidden)).to_have_text("0 stuck jobs", timeout=LIVE)
        hidden.evaluate(HIDE, True)
        expect(self.badge(hidden, "Paused")).to_be_visible()
        other = self.person("viewer")
        self.make_stuck()
        expect(self.stuck(other)).to_have_text("1 stuck job", timeout=LIVE)
        expect(self.stuck(hidden)).to_have_text("0 stuck jobs")
        hidden.evaluate(HIDE, False)
        expect(self.badge(hidden, "Live")).to_be_visible()
        expect(self.stuck(hidden)).to_have_text("1 stuck job")

    def test_paused_by_hand_stays_paused(self):
        page = self.person("viewer")
        self.badge(page, "Live").click()
        page.evaluate(HIDE, True)
        page.evaluate(HIDE, False)
        expect(self.badge(page, "Paused")).to_be_visible()

    def test_focus_and_open_tables_stay(self):
        page = self.person("viewer")
        expect(self.badge(page, "Live")).to_be_visible()
        page.locator("#day-table > summary").click()
        expect(page.get_by_role("table", name="The last 24 hours, by hour")).to_be_visible()
        self.make_stuck()
        expect(self.stuck(page)).to_have_text("1 stuck job", timeout=LIVE)
        link = page.get_by_role("region", name="Stuck now").get_by_role("link", name="image")
        link.focus()
        self.server.clean_up()
        self.make_stuck()
        expect(page.locator("#day")).to_contain_text("8", timeout=LIVE)
        expect(self.stuck(page)).to_have_text("1 stuck job", timeout=LIVE)
        expect(page.get_by_role("table", name="The last 24 hours, by hour")).to_be_visible()

    def test_switches(self):
        page = self.person("viewer")
        page.get_by_role("button", name="Theme: auto").click()
        expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
        page.get_by_role("button", name="Theme: light").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.get_by_role("button", name="Times: ago").click()
        page.goto(self.server.url("/admin/account"))
        # Both are remembered.
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.get_by_role("button", name="Times: utc")).to_be_visible()
        expect(page.locator("main time").first).to_contain_text("UTC")
        page.get_by_role("button", name="Times: utc").click()
        moment = page.locator("main time").first
        shown = page.evaluate(
            "iso => new Date(iso).toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' })", moment.get_attribute("datetime")
        )
        expect(moment).to_have_text(shown)


class OtherViews(LiveTest):
    def test_stuck(self):
        page = self.person("viewer", "/admin/stuck")
        expect(self.badge(page, "Live")).to_be_visible()
        self.mark(page)
        job = self.make_stuck()
        expect(page.get_by_role("link", name=job)).to_be_visible(timeout=LIVE)
        self.server.clean_up()
        expect(page.get_by_role("link", name=job)).to_have_count(0, timeout=LIVE)
        expect(page.get_by_text("Nothing is stuck: no job is over the limit of its rule.")).to_be_visible()
        self.assert_not_reloaded(page)

    def test_job(self):
        job = self.server.new_job(kind="film")
        page = self.person("operator", f"/admin/jobs/{job}")
        state = page.locator("#job-state")
        expect(state).to_contain_text("Pending")
        expect(self.badge(page, "Live")).to_be_visible()
        self.mark(page)
        attempt = self.server.start_job(job)
        expect(state).to_contain_text("Processing", timeout=LIVE)
        beat = {"attempt": attempt, "progress": 0.42, "message": "frame 42"}
        self.server.api("POST", f"/api/jobs/{job}/heartbeat", beat, role="worker")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "42", timeout=LIVE)
        self.server.api("POST", f"/api/jobs/{job}/complete", {"attempt": attempt}, role="worker")
        expect(state).to_contain_text("It was delivered", timeout=LIVE)
        # The former actions are not available any more.
        expect(page.get_by_text("Cancel …")).to_have_count(0)
        self.assert_not_reloaded(page)

    def test_jobs(self):
        page = self.person("viewer", "/admin/jobs")
        expect(self.badge(page, "Live")).to_be_visible()
        job = self.server.new_job()
        expect(page.get_by_role("link", name=job)).to_be_visible(timeout=LIVE)

    def test_what_is_typed_stays(self):
        page = self.person("operator", "/admin/jobs")
        expect(self.badge(page, "Live")).to_be_visible()
        page.get_by_label("User", exact=True).fill("grace")
        job = self.server.new_job()
        expect(page.get_by_role("link", name=job)).to_be_visible(timeout=LIVE)
        expect(page.get_by_label("User", exact=True)).to_have_value("grace")
        expect(page.get_by_label("User", exact=True)).to_be_focused()

    def test_reason_stays(self):
        """An open form is not replaced while a user types in it."""
        job = self.server.new_job(kind="film")
        page = self.person("operator", f"/admin/jobs/{job}")
        expect(self.badge(page, "Live")).to_be_visible()
        page.get_by_text("Cancel …").click()
        page.get_by_label("Reason (optional)").fill("the customer ask")
        self.server.start_job(job)
        expect(page.locator("#job-state")).to_contain_text("Processing", timeout=LIVE)
        expect(page.get_by_label("Reason (optional)")).to_have_value("the customer ask")
        expect(page.get_by_label("Reason (optional)")).to_be_focused()

    def test_banner(self):
        page = self.person("viewer", "/admin")
        expect(self.badge(page, "Live")).to_be_visible()
        self.server.api("POST", "/api/admin/pause", {"seconds": 300})
        expect(page.get_by_text("Cleaning is paused by some-admin")).to_be_visible(timeout=LIVE)
        self.server.api("DELETE", "/api/admin/pause")
        expect(page.get_by_text("Cleaning is paused by some-admin")).to_have_count(0, timeout=LIVE)


class Trouble(LiveTest):
    """The server, or a proxy, fails."""

    def test_server_is_restarted(self):
        page = self.person("viewer")
        expect(self.badge(page, "Live")).to_be_visible()
        self.mark(page)
        self.assertEqual(self.server.stop(), [])
        expect(self.badge(page, "Reconnecting")).to_be_visible()
        self.server.start()
        self.make_stuck()
        expect(self.badge(page, "Live")).to_be_visible(timeout=LIVE)
        expect(page.locator("#stuck-count")).to_have_text("1 stuck job", timeout=LIVE)
        self.assert_not_reloaded(page)
        self.watch.ignore("ERR_CONNECTION_REFUSED")

    def test_server_stops_while_pages_are_open(self):
        server = Server(SHORT).start()
        self.addCleanup(server.remove)
        pages = [self.browser().new_page() for _ in range(3)]
        for page in pages:
            page.goto(server.url("/admin"))
            self.sign_in(page, server.tokens["viewer"])
            expect(self.badge(page, "Live")).to_be_visible()
        self.assertEqual(server.stop(), [])
        for page in pages:
            expect(self.badge(page, "Reconnecting")).to_be_visible()
            # The content stays.
            expect(page.locator("#stuck-count")).to_have_text("0 stuck jobs")
        self.watch.ignore("ERR_CONNECTION_REFUSED")

    def test_without_a_stream(self):
        """A proxy that lets no stream through: the page asks every 15 seconds."""
        page = self.person("viewer", "/admin/account")
        page.clock.install()
        page.route("**/admin/live?*", lambda route: route.abort())
        page.goto(self.server.url("/admin"))
        for _ in range(3):
            page.clock.run_for(4000)
        expect(self.badge(page, "Polling")).to_be_visible()
        self.make_stuck()
        wait_until(lambda: self.server.stuck() == 1, "the job to be stuck")
        expect(page.locator("#stuck-count")).to_have_text("0 stuck jobs")

        # The server answers with an overview up to 2 s old, so the first answer may not show the job yet.
        def asks_and_shows():
            page.clock.run_for(15_000)
            return page.locator("#stuck-count").text_content() == "1 stuck job"

        wait_until(asks_and_shows, "the page to show the stuck job")
        self.watch.ignore("/admin/live")
