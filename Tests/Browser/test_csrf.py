"""Requests that another site can make a user's browser send: none of them changes anything."""

import html

from harness import BrowserTest, Caller, Neighbour, expect, job_row


def attack(url, **fields):
    """A page that sends a form as soon as it is open."""
    inputs = "".join(f'<input name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
    return (
        f'<!doctype html><link rel="icon" href="data:,"><form method="post" action="{url}">{inputs}</form>'
        "<script>document.forms[0].submit()</script>"
    )


class ForgedTest(BrowserTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs([job_row("waiting", status="PENDING")])

    def setUp(self):
        super().setUp()
        self.server.sql("UPDATE pauses SET paused_until = 0")

    def assert_nothing_happened(self):
        self.assertEqual(self.server.sql("SELECT * FROM pauses WHERE paused_until > 0"), [])
        self.assertEqual(self.server.value("SELECT status FROM jobs WHERE id = 'waiting'"), "PENDING")
        self.assertEqual(self.server.sql("SELECT * FROM audit WHERE door = 'page' AND action NOT LIKE 'sign-%'"), [])


class OtherPages(ForgedTest):
    def visit(self, person, host, url, **fields):
        """A signed-in user opens a page of another server on this machine."""
        neighbour = Neighbour(page=attack(url, **fields))
        self.addCleanup(neighbour.stop)
        with person.expect_response(lambda response: response.request.method == "POST") as answer:
            person.goto(neighbour.url(host=host), wait_until="commit")
        person.wait_for_load_state()
        return answer.value

    def form_token(self, page):
        """Even one who has got hold of it comes no further."""
        page.goto(self.server.url("/admin/account"))
        return page.locator("input[name=_csrf]").first.input_value()

    def test_same_site(self):
        """Another port is the same site: the browser sends the cookie, and says where the form comes from."""
        page = self.person("admin")
        self.watch.expect(403, "/admin/pause")
        answer = self.visit(
            page, "127.0.0.1", self.server.url("/admin/pause"), minutes="30", _csrf=self.form_token(page)
        )
        sent = answer.request.all_headers()
        self.assertEqual(sent["sec-fetch-site"], "same-site")
        self.assertIn("__Host-unstick=", sent.get("cookie", ""))
        expect(page.get_by_text("This form did not come from a page of this server")).to_be_visible()
        self.assert_nothing_happened()

    def test_same_site_job(self):
        page = self.person("operator")
        self.watch.expect(403, "/admin/jobs/waiting/cancel")
        self.visit(
            page, "127.0.0.1", self.server.url("/admin/jobs/waiting/cancel"), reason="x", _csrf=self.form_token(page)
        )
        self.assert_nothing_happened()

    def test_cross_site(self):
        """From another site the cookie does not even come along."""
        page = self.person("admin")
        self.watch.expect(401, "/admin/pause")
        answer = self.visit(
            page, "localhost", self.server.url("/admin/pause"), minutes="30", _csrf=self.form_token(page)
        )
        sent = answer.request.all_headers()
        self.assertEqual(sent["sec-fetch-site"], "cross-site")
        self.assertNotIn("cookie", sent)
        self.assert_nothing_happened()
        # The session goes on.
        page.goto(self.server.url("/admin"))
        self.assert_heading(page, "Overview")

    def test_sign_in_by_another_page(self):
        """No user can be signed in as another one without noticing."""
        page = self.visitor("/admin/sign-in")
        self.watch.expect(403, "/admin/sign-in")
        self.visit(page, "localhost", self.server.url("/admin/sign-in"), token=self.server.tokens["admin"], next="/admin")
        self.assertEqual(page.context.cookies(), [])

    def test_sign_out_by_another_page(self):
        page = self.newcomer("viewer")
        self.watch.expect(403, "/admin/sign-out-everywhere")
        self.visit(page, "127.0.0.1", self.server.url("/admin/sign-out-everywhere"), _csrf=self.form_token(page))
        page.goto(self.server.url("/admin"))
        self.assert_heading(page, "Overview")

    def test_frame(self):
        """No page of ours is shown within another one."""
        page = self.person("admin")
        frame = f'<!doctype html><link rel="icon" href="data:,"><iframe src="{self.server.url("/admin/policy")}"></iframe>'
        neighbour = Neighbour(page=frame)
        self.addCleanup(neighbour.stop)
        page.goto(neighbour.url())
        self.assertEqual(page.frames[1].get_by_role("button").count(), 0)
        expected = [trouble for trouble in self.watch.troubles if "frame-ancestors" in trouble or "policy" in trouble]
        self.assertGreater(len(expected), 0)
        self.watch.troubles = [trouble for trouble in self.watch.troubles if trouble not in expected]


class FormTokens(ForgedTest):
    def test_wrong_and_missing(self):
        change = {
            "wrong": "document.querySelectorAll('[name=_csrf]').forEach((field) => field.value = '0'.repeat(64))",
            "empty": "document.querySelectorAll('[name=_csrf]').forEach((field) => field.value = '')",
            "missing": "document.querySelectorAll('[name=_csrf]').forEach((field) => field.remove())",
        }
        for name, script in change.items():
            with self.subTest(name):
                page = self.person("admin", "/admin/policy")
                page.evaluate(script)
                self.watch.expect(403, "/admin/pause")
                page.get_by_role("button", name="Pause", exact=True).click()
                expect(page.get_by_text("This form did not come from a page of this server")).to_be_visible()
                self.assert_nothing_happened()
                self.close(page.context)

    def test_of_another_session(self):
        mine, others = Caller(self.server, "admin"), Caller(self.server, "admin")
        self.assertNotEqual(mine.form_token, others.form_token)
        self.assertEqual(mine.post("/admin/pause", minutes="5", _csrf=others.form_token)[0], 403)
        self.assert_nothing_happened()

    def test_origins(self):
        """Browsers that do not send `Sec-Fetch-Site` send `Origin`."""
        admin = Caller(self.server, "admin")
        here = self.server.origin
        refused = [
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "https://example.com"},
            {"Origin": here + ".example.com"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Sec-Fetch-Site": "same-site", "Origin": here},
            {"Sec-Fetch-Site": "cross-site", "Origin": here},
            {"Sec-Fetch-Site": "none", "Origin": here},
            {"Sec-Fetch-Site": "Same-Origin"},
        ]
        for headers in refused:
            with self.subTest(headers=headers):
                answer = admin.post("/admin/pause", {"Sec-Fetch-Site": None, **headers}, minutes="5")
                self.assertEqual(answer[0], 403)
        self.assert_nothing_happened()
        self.assertEqual(admin.post("/admin/pause", {"Sec-Fetch-Site": None, "Origin": here}, minutes="5")[0], 303)
        self.assertEqual(len(self.server.sql("SELECT * FROM pauses WHERE paused_until > 0")), 1)
        self.assertEqual(admin.post("/admin/resume")[0], 303)
        self.server.sql("DELETE FROM audit")

    def test_other_forms_of_a_form(self):
        """What a page may send without asking the server first is not read as a form."""
        admin = Caller(self.server, "admin")
        for type in ["text/plain", "multipart/form-data; boundary=x", "application/json", None]:
            with self.subTest(type):
                answer = admin.post("/admin/pause", {"Content-Type": type or "x/y"}, minutes="5")
                self.assertEqual(answer[0], 415)
        self.assert_nothing_happened()

    def test_nothing_changes_by_get(self):
        admin = Caller(self.server, "admin")
        for path in ["/admin/pause?minutes=5", "/admin/jobs/waiting/cancel", "/admin/cleanup", "/admin/sign-out"]:
            with self.subTest(path):
                self.assertEqual(admin.get(path)[0], 405)
        self.assert_nothing_happened()
        self.assertEqual(admin.get("/admin")[0], 200)
