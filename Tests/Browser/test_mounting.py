"""Under a path of its own, and with the signed tokens of another app."""

import base64
import hashlib
import hmac
import json
import re
import time

from harness import LIVE, BrowserTest, expect, job_row

SECRET = "a secret of the app that is long enough"


def signed(secret=SECRET, **claims):
    """A token as an app signs it: HS256, good for ten minutes."""

    def encoded(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    claims = {"sub": "user-1", "aud": "unstick", "iat": int(time.time()), "exp": int(time.time()) + 600, **claims}
    text = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (text + b"." + encoded(hmac.new(secret.encode(), text, hashlib.sha256).digest())).decode()


class UnderAPath(BrowserTest):
    base_path = "/ops"
    policy = "defaults:\n  timeout: 3s\n"

    @classmethod
    def seed(cls):
        cls.server.cli("grant", "ada", "1000")
        cls.server.import_jobs([job_row("waiting", status="PENDING")])

    def test_every_view(self):
        page = self.visitor("/admin")
        self.assertEqual(self.path(page), "/ops/admin/sign-in?next=%2Fops%2Fadmin")
        self.sign_in(page, self.server.tokens["admin"])
        main = page.get_by_role("navigation", name="Main")
        current = main.locator("[aria-current=page]")
        self.assert_heading(page, "Overview")
        self.assertEqual(self.path(page), "/ops/admin")
        expect(current).to_have_text("Overview")
        for name in main.get_by_role("link").all_inner_texts():
            with self.subTest(name):
                main.get_by_role("link", name=name, exact=True).click()
                expect(current).to_have_text(name)
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                self.assertRegex(self.path(page), "^/ops/admin")
                links = page.locator("a[href], form[action], link[href], script[src], img[src]")
                targets = links.evaluate_all("all => all.map((e) => e.getAttribute('href') || e.getAttribute('src') || e.getAttribute('action'))")
                self.assertEqual([target for target in targets if not re.match("/ops/admin|#", target)], [])
        # Neither the page nor the API is anywhere else.
        self.assertEqual(self.server.request("GET", "/../admin")[0], 404)

    def test_live(self):
        page = self.person("viewer")
        expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
        page.evaluate("window.isMarked = true")
        job = self.server.new_job()
        self.server.start_job(job)
        expect(page.locator("#stuck-count")).to_have_text("1 stuck job", timeout=LIVE)
        self.server.clean_up()
        expect(page.locator("#stuck-count")).to_have_text("0 stuck jobs", timeout=LIVE)
        self.assertTrue(page.evaluate("window.isMarked"))

    def test_act(self):
        page = self.person("operator", "/admin/jobs")
        page.get_by_role("link", name="waiting", exact=True).click()
        page.get_by_text("Cancel …", exact=True).click()
        page.get_by_role("button", name="Cancel this job").click()
        expect(page.get_by_role("status")).to_contain_text("The job was cancelled")
        self.assertEqual(self.path(page), "/ops/admin/jobs/waiting?did=cancelled")

    def test_sign_out(self):
        page = self.newcomer("viewer", "/admin/account")
        page.get_by_role("button", name="Sign out", exact=True).click()
        self.assert_heading(page, "Sign in")
        self.assertEqual(page.context.cookies(), [])


class SignedTokens(BrowserTest):
    environment = {"JWT_SECRET": SECRET, "JWT_AUDIENCE": "unstick", "JWT_COOKIE": "app-session"}

    def test_roles(self):
        for role, name in [("admin", "ann@example.com"), ("operator", "otto@example.com"), ("viewer", "vera@example.com")]:
            with self.subTest(role):
                page = self.visitor("/admin/policy")
                self.sign_in(page, signed(email=name, role=role))
                self.assert_heading(page, "Policy")
                expect(page.get_by_role("link", name=f"{name} {role}")).to_be_visible()
                main = page.get_by_role("navigation", name="Main")
                expect(main.get_by_role("link", name="API keys")).to_have_count(int(role == "admin"))
                expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(int(role != "viewer"))
                self.close(page.context)

    def test_session_ends_with_the_token(self):
        page = self.visitor("/admin/account")
        self.sign_in(page, signed(role="viewer", exp=int(time.time()) + 100))
        expect(self.detail(page, "Name")).to_have_text("user-1")
        expect(self.detail(page, "Ends")).to_have_text(re.compile("^in (1 min|[0-9]+ s)"))

    def test_without_a_role(self):
        page = self.visitor("/admin")
        self.watch.expect(401, "/admin/sign-in")
        self.sign_in(page, signed(email="nobody@example.com", role="customer"))
        alert = page.get_by_role("alert")
        # It is valid, and the message names the place of the role.
        expect(alert).to_contain_text("role")
        expect(alert).not_to_contain_text("is unknown or revoked")
        self.assertEqual(page.context.cookies(), [])

    def test_refused(self):
        now = int(time.time())
        self.watch.expect(401, "/admin/sign-in")
        for name, token in {
            "another secret": signed(SECRET + "!", role="admin"),
            "another audience": signed(role="admin", aud="other"),
            "over": signed(role="admin", exp=now - 120),
            "not yet": signed(role="admin", nbf=now + 600),
            "no algorithm": "eyJhbGciOiJub25lIn0." + signed(role="admin").split(".")[1] + ".",
        }.items():
            with self.subTest(name):
                page = self.visitor("/admin")
                self.sign_in(page, token)
                expect(page.get_by_role("alert")).to_contain_text("This key is unknown or revoked.")
                self.close(page.context)

    def cookie_holder(self, path, **claims):
        """A user who is signed in to an app of the same site, and not here."""
        context = self.browser()
        context.add_cookies([{"name": "app-session", "value": signed(**claims), "url": self.server.origin, "httpOnly": True}])
        page = context.new_page()
        page.goto(self.server.url(path))
        return page

    def test_cookie_of_the_app(self):
        page = self.cookie_holder("/admin/policy", email="otto@example.com", role="operator")
        self.assert_heading(page, "Policy")
        expect(page.get_by_role("link", name="otto@example.com operator")).to_be_visible()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#banner")).to_contain_text("Cleaning is paused by otto@example.com")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("status")).to_have_text("Cleaning is resumed.")
        page.goto(self.server.url("/admin"))
        expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()

    def test_forged_with_the_cookie_of_the_app(self):
        """Other sites can send such a cookie, so the form still needs its token."""
        page = self.cookie_holder("/admin/policy", role="admin")
        page.evaluate("document.querySelectorAll('[name=_csrf]').forEach((field) => field.remove())")
        self.watch.expect(403, "/admin/pause")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("This form did not come from a page of this server")).to_be_visible()

    def test_cookie_without_a_role(self):
        self.watch.expect(403, "/admin")
        page = self.cookie_holder("/admin", role="customer")
        expect(page.get_by_role("heading", level=1)).to_have_text("Forbidden")
        expect(page.get_by_role("main")).to_contain_text("role")
