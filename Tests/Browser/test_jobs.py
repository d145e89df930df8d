"""The list of jobs: filters, chips, pages, looking further back."""

import random
import re
import urllib.parse

from harness import BrowserTest, ago, expect, job_row

COUNT = 10_000
ORDER = "ORDER BY created_at DESC, id DESC"


def jobs():
    """Jobs of a week; several share a moment, and some kinds are rare and old."""
    chance = random.Random(7)
    for number in range(COUNT):
        # Three at a time are as old as each other.
        age = number // 3 * 3 * 60
        kind = chance.choice(["image", "image", "video", "document"])
        status = chance.choices(["COMPLETED", "FAILED", "CANCELLED"], [8, 1, 1])[0]
        if number < 60:
            status = "PENDING" if number % 2 else "PROCESSING"
        if number >= COUNT - 40:
            kind = "x-ray"
        yield job_row(
            f"job-{number:05}",
            user=f"user-{number % 97}",
            kind=kind,
            tier=chance.choice(["TIER_1K", "TIER_4K", ""]),
            cost=number % 5,
            status=status,
            created=ago(seconds=age + 5),
            started=ago(seconds=max(1, age)),
        )


class Jobs(BrowserTest):
    policy = "rules:\n  - { name: films, kind: video, tier: TIER_4K, timeout: 30d }\ndefaults: { timeout: 30d }\n"

    @classmethod
    def seed(cls):
        cls.server.import_jobs(jobs())
        cls.server.sql("UPDATE jobs SET error_text = 'CUDA out of memory, 40 % left' WHERE id IN ('job-00500', 'job-04000')")
        cls.server.sql("UPDATE jobs SET error_text = 'odd' WHERE id = 'job-09000'")

    def expected(self, condition="1", count=50):
        return self.server.column(f"SELECT id FROM jobs WHERE {condition} {ORDER} LIMIT {count}")

    def filter(self, page, more=False, **fields):
        if more:
            page.get_by_text("More", exact=True).click()
        for name, value in fields.items():
            if name in ("Status", "Kind"):
                self.field(page, name).select_option(value)
            else:
                self.field(page, name).fill(value)
        page.get_by_role("button", name="Filter").click()

    @staticmethod
    def field(page, name):
        role = "combobox" if name in ("Status", "Kind") else "textbox"
        return page.get_by_role(role, name=name.replace("_", " "), exact=True)

    def parameters(self, page):
        """What is set in the address."""
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query)
        return dict(query)

    def chips(self, page):
        return page.get_by_role("list", name="Filter").get_by_role("link").all_inner_texts()

    # -- Filters

    def test_all(self):
        page = self.person("viewer", "/admin/jobs")
        self.assertEqual(self.ids(page), self.expected())
        self.assertEqual(self.chips(page), [])
        expect(page.get_by_role("link", name="Clear")).to_have_count(0)
        kinds = self.field(page, "Kind").get_by_role("option").all_inner_texts()
        self.assertEqual(kinds[0], "All kinds")
        self.assertLessEqual({"image", "video", "document"}, set(kinds))

    def test_each_filter(self):
        day = "(SELECT max(created_at) FROM jobs)"
        cases = [
            ({"Status": "FAILED"}, "status", "Status: FAILED", "status = 'FAILED'"),
            ({"Kind": "document"}, "kind", "Kind: document", "kind = 'document'"),
            ({"User": "user-13"}, "user", "User: user-13", "user_id = 'user-13'"),
            ({"Job_id": "job-012"}, "id", "Id: job-012", "id GLOB 'job-012*'"),
            ({"Tier": "TIER_4K"}, "tier", "Tier: TIER_4K", "tier = 'TIER_4K'"),
            # Between two moments at which jobs were created, so that it does not matter how fast the test is.
            ({"Older_than": "3h2m50s"}, "olderThan", "Older than: 3h2m50s", f"{day} - created_at >= 10900000"),
            ({"Newer_than": "1h2m40s"}, "newerThan", "Newer than: 1h2m40s", f"{day} - created_at < 3700000"),
            ({"Error_contains": "memory, 40 %"}, "error", "Error contains: memory, 40 %", "error_text LIKE '%memory%'"),
            ({"Rule": "films"}, "rule", "Rule: films", "kind = 'video' AND tier = 'TIER_4K'"),
        ]
        for fields, name, chip, condition in cases:
            with self.subTest(name):
                page = self.person("viewer", "/admin/jobs")
                self.filter(page, more=name not in ("status", "kind", "user", "id"), **fields)
                [value] = fields.values()
                expect(page.get_by_role("link", name=f"Remove {chip}")).to_be_visible()
                set_here = {key: value for key, value in self.parameters(page).items() if value}
                self.assertEqual(set_here, {name: value})
                self.assertEqual(self.chips(page), [chip])
                shown = self.ids(page)
                self.assertEqual(shown, self.expected(condition, len(shown)))
                self.assertGreater(len(shown), 0)
                [field] = fields
                expect(self.field(page, field)).to_have_value(value)
                expect(self.field(page, field)).to_be_visible()
                page.get_by_role("link", name=f"Remove {chip}").click()
                expect(page.get_by_role("list", name="Filter")).to_have_count(0)
                self.assertEqual(self.path(page), "/admin/jobs")
                page.context.close()
                self.contexts.remove(page.context)

    def test_filters_together_and_chips(self):
        page = self.person("viewer", "/admin/jobs")
        self.filter(page, more=True, Status="COMPLETED", Kind="video", Tier="TIER_1K", User="user-13")
        condition = "status = 'COMPLETED' AND kind = 'video' AND tier = 'TIER_1K' AND user_id = 'user-13'"
        self.assertEqual(self.ids(page), self.expected(condition))
        self.assertEqual(self.chips(page), ["Status: COMPLETED", "Kind: video", "Tier: TIER_1K", "User: user-13"])
        page.get_by_role("link", name="Remove Kind: video").click()
        self.assertEqual(self.chips(page), ["Status: COMPLETED", "Tier: TIER_1K", "User: user-13"])
        self.assertEqual(
            self.ids(page), self.expected("status = 'COMPLETED' AND tier = 'TIER_1K' AND user_id = 'user-13'")
        )
        page.get_by_role("link", name="Clear").click()
        self.assertEqual(self.path(page), "/admin/jobs")
        self.assertEqual(self.ids(page), self.expected())

    def test_no_match(self):
        page = self.person("viewer", "/admin/jobs?user=nobody")
        expect(page.get_by_text("No job matches this filter.")).to_be_visible()
        expect(page.get_by_role("table")).to_have_count(0)

    def test_wrong_filter(self):
        page = self.person("viewer", "/admin/jobs")
        self.watch.expect(400, "/admin/jobs")
        self.filter(page, more=True, Older_than="yesterday")
        expect(page.get_by_text("The age: 'yesterday' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d.")).to_be_visible()
        page.go_back()
        self.filter(page, more=True, Rule="flims")
        expect(page.get_by_text("The policy has no rule 'flims'; it has films, default.")).to_be_visible()

    def test_odd_characters(self):
        page = self.person("viewer", "/admin/jobs")
        odd = "a&b=c+d #100% \"<i>'ü"
        self.filter(page, User=odd)
        self.assertEqual(self.chips(page), [f"User: {odd}"])
        expect(self.field(page, "User")).to_have_value(odd)
        expect(page.get_by_text("No job matches this filter.")).to_be_visible()
        # What LIKE and GLOB take for patterns are letters like others.
        page.goto(self.server.url("/admin/jobs?id=job-*"))
        expect(page.get_by_text("; 0 match.")).to_be_visible()
        page.goto(self.server.url("/admin/jobs?error=100%25"))
        expect(page.get_by_text("; 0 match.")).to_be_visible()

    # -- Pages

    def test_pages(self):
        page = self.person("viewer", "/admin/jobs")
        seen = self.ids(page)
        for _ in range(5):
            page.get_by_role("link", name="Next page").click()
            expect(page.get_by_role("link", name="Newest")).to_be_visible()
            seen += self.ids(page)
        self.assertEqual(seen, self.expected(count=300))
        page.go_back()
        self.assertEqual(self.ids(page), seen[200:250])
        page.go_forward()
        self.assertEqual(self.ids(page), seen[250:300])
        page.get_by_role("link", name="Newest").click()
        self.assertEqual(self.path(page), "/admin/jobs")
        self.assertEqual(self.ids(page), seen[:50])

    def test_pages_of_a_filter(self):
        page = self.person("viewer", "/admin/jobs?status=FAILED&kind=image")
        condition = "status = 'FAILED' AND kind = 'image'"
        seen = self.ids(page)
        while (link := page.locator("a[rel=next], .note a", has_text=re.compile("Next page|Search further back"))).count():
            link.click()
            expect(page.get_by_role("link", name="Newest")).to_be_visible()
            self.assertEqual(self.chips(page), ["Status: FAILED", "Kind: image"])
            seen += self.ids(page)
        self.assertEqual(seen, self.expected(condition, COUNT))

    def test_new_jobs_move_no_page(self):
        page = self.person("viewer", "/admin/jobs?kind=video")
        # Live, the first page would show the new job, and the next one follow on that.
        page.get_by_role("button", name="Live", exact=True).click()
        first = self.ids(page)
        self.server.new_job(kind="video", cost=0, id="new-video")
        self.addCleanup(self.server.sql, "DELETE FROM jobs WHERE id = 'new-video'")
        page.get_by_role("link", name="Next page").click()
        expect(page.get_by_role("link", name="Newest")).to_be_visible()
        self.assertEqual(first + self.ids(page), self.expected("kind = 'video' AND id <> 'new-video'", 100))

    def test_look_further_back(self):
        page = self.person("viewer", "/admin/jobs")
        self.filter(page, more=True, Error_contains="odd")
        expect(page.get_by_text(re.compile("Searched 5,000 jobs back to .*; 0 match."))).to_be_visible()
        expect(page.get_by_text("No job matches this filter.")).to_have_count(0)
        page.get_by_role("link", name="Search further back").click()
        self.assertEqual(self.ids(page), ["job-09000"])
        expect(page.get_by_role("link", name="Remove Error contains: odd")).to_be_visible()

    def test_rare_and_old_kind(self):
        page = self.person("viewer", "/admin/jobs?kind=x-ray")
        seen = []
        for _ in range(4):
            seen += self.ids(page) if page.get_by_role("table").count() else []
            link = page.get_by_role("link", name=re.compile("Next page|Search further back"))
            if not link.count():
                break
            link.click()
            expect(page.get_by_role("link", name="Newest")).to_be_visible()
        self.assertEqual(seen, self.expected("kind = 'x-ray'"))

    # -- One job

    def test_id_leads_to_the_job(self):
        page = self.person("viewer", "/admin/jobs")
        self.filter(page, Job_id="job-04711")
        self.assert_heading(page, re.compile("^Job job-04711"))
        self.assertEqual(self.path(page), "/admin/jobs/job-04711")
        page.go_back()
        self.assert_heading(page, "Jobs")
        self.filter(page, Job_id="job-0471")
        self.assertEqual(self.ids(page), self.expected("id GLOB 'job-0471*'"))

    def test_row(self):
        page = self.person("viewer", "/admin/jobs?id=job-0000&status=PROCESSING")
        row = page.get_by_role("row", name="job-00000")
        expect(row).to_contain_text("Processing")
        row.get_by_role("link", name="user-0").click()
        self.assertEqual(self.path(page), "/admin/users/user-0")
        page.get_by_role("link", name="Jobs of this user").click()
        self.assertEqual(self.ids(page), self.expected("user_id = 'user-0'"))

    def test_unknown_job(self):
        self.watch.expect(404, "/admin/jobs/%3Cb%3E")
        page = self.person("viewer", "/admin/jobs/%3Cb%3E")
        expect(page.get_by_text("There is no job '<b>'.")).to_be_visible()
        page.get_by_role("link", name="To the overview").click()
        self.assert_heading(page, "Overview")
