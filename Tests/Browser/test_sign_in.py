"""Signing in and out."""

import re
import time

from harness import LIVE, BrowserTest, expect


class SigningIn(BrowserTest):
    def test_form(self):
        page = self.visitor("/admin")
        self.assertEqual(self.path(page), "/admin/sign-in?next=%2Fadmin")
        expect(page).to_have_title("Sign in · Unstick")
        expect(page.get_by_label("API key")).to_be_focused()
        expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
        self.sign_in(page, self.server.tokens["admin"])
        self.assert_heading(page, "Overview")
        self.assertEqual(self.path(page), "/admin")
        expect(page.get_by_role("link", name="some-admin admin")).to_be_visible()

    def test_cookie(self):
        page = self.visitor("/admin/jobs")
        with page.expect_response(lambda response: response.request.method == "POST") as posted:
            self.sign_in(page, self.server.tokens["viewer"])
        self.assert_heading(page, "Jobs")
        set_cookie = [header["value"] for header in posted.value.headers_array() if header["name"].lower() == "set-cookie"]
        self.assertEqual(len(set_cookie), 1)
        name, _, attributes = set_cookie[0].partition("; ")
        self.assertTrue(name.startswith("__Host-unstick="))
        self.assertEqual(set(attributes.split("; ")), {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"})
        [cookie] = page.context.cookies()
        self.assertEqual(
            (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]), (True, True, "Strict", "/")
        )
        self.assertGreaterEqual(len(cookie["value"]), 43)
        self.assertEqual(page.evaluate("document.cookie"), "")

    def test_each_sign_in_has_a_secret_of_its_own(self):
        page = self.newcomer("operator")
        first = self.cookie(page)
        page.goto(self.server.url("/admin/sign-in"))
        self.sign_in(page, self.server.tokens["operator"])
        self.assert_heading(page, "Overview")
        second = self.cookie(page)
        self.assertNotEqual(first, second)
        # The session that the browser had before has ended.
        status, headers, _ = self.server.request("GET", "/admin/jobs", headers={"Cookie": first})
        self.assertEqual((status, headers["Location"]), (303, "/admin/sign-in?next=%2Fadmin%2Fjobs"))
        self.assertEqual(self.server.request("GET", "/admin/jobs", headers={"Cookie": second})[0], 200)

    def test_no_secret_is_kept(self):
        page = self.newcomer("viewer")
        secret = self.cookie(page).partition("=")[2].encode()
        stored = b"".join(file.read_bytes() for file in self.server.folder.glob("unstick.db*"))
        self.assertNotIn(secret, stored)

    def test_leads_on_only_within_the_page(self):
        for next in ["https://example.com/", "//example.com/admin", "/admin/../../x", "/api/admin/jobs", "javascript:1"]:
            with self.subTest(next):
                page = self.visitor("/admin/sign-in?next=" + next)
                self.sign_in(page, self.server.tokens["viewer"])
                self.assert_heading(page, "Overview")
                page.context.close()
                self.contexts.remove(page.context)

    def test_program_token(self):
        page = self.visitor("/admin")
        self.watch.expect(401, "/admin/sign-in")
        self.sign_in(page, self.server.tokens["worker"])
        expect(page.get_by_role("alert")).to_contain_text("The role 'worker' is for programs.")


class Refusals(BrowserTest):
    def try_to_sign_in(self, page, token):
        """Signs in, and says what was answered."""
        with page.expect_response(lambda response: response.request.method == "POST") as answer:
            self.sign_in(page, token)
        return answer.value

    def test_wrong_tokens_wait_and_a_right_one_gets_in(self):
        page = self.visitor("/admin/users")
        self.watch.expect(401, "/admin/sign-in")
        self.watch.expect(429, "/admin/sign-in")
        wrong = "unstick_0123456789abcdef_wrong"
        for _ in range(10):
            self.assertEqual(self.try_to_sign_in(page, wrong).status, 401)
            expect(page.get_by_role("alert")).to_contain_text("This key is unknown or revoked.")
            expect(page.get_by_label("API key")).to_have_value("")
        refused = self.try_to_sign_in(page, wrong)
        self.assertEqual(refused.status, 429)
        self.assertTrue(0 < int(refused.header_value("retry-after")) <= 60)
        expect(page.get_by_role("alert")).to_have_text(
            re.compile(r"Too many sign-ins from your address were refused\. Wait .*s, or sign in with a valid key\.")
        )
        self.assertEqual(page.context.cookies(), [])
        # A right token gets in at once, and the page asked for first is still known.
        self.sign_in(page, self.server.tokens["admin"])
        self.assert_heading(page, "Users")


class Sessions(BrowserTest):
    def end_sessions(self):
        self.server.sql("UPDATE sessions SET expires_at = ?", int(time.time() * 1000) - 1000)

    def test_expired(self):
        page = self.newcomer("admin", "/admin/jobs")
        self.end_sessions()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").click()
        self.assertEqual(self.path(page), "/admin/sign-in?next=%2Fadmin%2Fruns")
        self.sign_in(page, self.server.tokens["admin"])
        self.assert_heading(page, "Runs")
        self.assertEqual(self.path(page), "/admin/runs")

    def test_expired_keeps_the_filter(self):
        page = self.newcomer("admin", "/admin/jobs")
        page.get_by_label("User", exact=True).fill("ada & bob+1")
        self.end_sessions()
        page.get_by_role("button", name="Filter").click()
        self.assert_heading(page, "Sign in")
        self.sign_in(page, self.server.tokens["admin"])
        self.assert_heading(page, "Jobs")
        expect(page.get_by_label("User", exact=True)).to_have_value("ada & bob+1")

    def test_expired_form(self):
        page = self.newcomer("admin", "/admin/policy")
        # A stream that begins when the session has ended is refused, and the browser complains.
        expect(page.locator("#learned .busy")).to_have_count(0, timeout=LIVE)
        self.end_sessions()
        self.watch.expect(401, "/admin/pause")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("Your session has ended.")).to_be_visible()
        self.assertEqual(self.server.sql("SELECT * FROM pauses WHERE paused_until > 0"), [])
        page.get_by_role("link", name="Sign in").click()
        self.sign_in(page, self.server.tokens["admin"])
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    def test_expired_while_open(self):
        page = self.newcomer("admin", "/admin/jobs?status=PENDING")
        expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
        self.end_sessions()
        self.watch.expect(401, "/admin/jobs")
        self.server.new_job(cost=0)
        expect(page.get_by_role("button", name="Signed out")).to_be_disabled(timeout=LIVE)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Signed out")
        alert.get_by_role("link", name="sign in again").click()
        self.sign_in(page, self.server.tokens["admin"])
        self.assert_heading(page, "Jobs")
        self.assertEqual(self.path(page), "/admin/jobs?status=PENDING")

    def test_sign_out(self):
        page = self.newcomer("viewer", "/admin/users")
        cookie = self.cookie(page)
        page.get_by_role("link", name="some-viewer").click()
        self.assert_heading(page, "Account")
        page.get_by_role("button", name="Sign out", exact=True).click()
        self.assert_heading(page, "Sign in")
        self.assertEqual(page.context.cookies(), [])
        self.assertEqual(self.server.request("GET", "/admin/users", headers={"Cookie": cookie})[0], 303)
        page.go_back()
        self.assert_heading(page, "Sign in")

    def test_sign_out_everywhere(self):
        here = self.newcomer("operator", "/admin/account")
        there = self.newcomer("operator", "/admin/account")
        other = self.newcomer("viewer", "/admin/jobs")
        here.get_by_role("button", name="Sign out everywhere").click()
        self.assert_heading(here, "Sign in")
        there.get_by_role("link", name="Users").click()
        self.assert_heading(there, "Sign in")
        # Others stay.
        other.get_by_role("link", name="Users").click()
        self.assert_heading(other, "Users")

    def test_account(self):
        page = self.newcomer("operator", "/admin/account")
        expect(self.detail(page, "Name")).to_have_text("some-operator")
        expect(self.detail(page, "Role")).to_have_text("operator")
        expect(self.detail(page, "Ends")).to_have_text("in 11 h")
        expect(self.detail(page, "From")).to_have_text("127.0.0.1")
