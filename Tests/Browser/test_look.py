"""Appearance, size and accessibility of the admin UI: on each screen, without a mouse, without JavaScript."""

import importlib.util
import re
import time
from pathlib import Path

import harness
import world
from harness import LIVE, Caller, expect
from world import WorldTest

WIDTHS = [360, 768, 1280]
#: The rules of axe: all of them; in the dark only colours differ.
SCHEMES = {"light": None, "dark": ["color-contrast"]}
PICTURES = [(1280, "light"), (360, "dark")]
#: The most that HTML, style sheet and script of a view may have together, in bytes.
WEIGHT = 100_000

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js").read_text()
RUN_AXE = """async (rules) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => element.outerHTML.slice(0, 120));
}"""
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    name: (element.getAttribute("aria-label") || element.innerText || element.name || "").trim(),
    kind: element.localName,
    isSeen: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight,
    isMarked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
  };
}"""


class Views(WorldTest):
    def look(self, page, name):
        """A view at each width, in light and dark."""
        page.evaluate(AXE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            self.assertEqual(page.evaluate(TOO_WIDE), [], f"{name} is too wide for {width}")
            for scheme, rules in SCHEMES.items():
                if (width, scheme) == (768, "dark"):
                    # Nothing is coloured otherwise than on a narrower screen.
                    continue
                page.emulate_media(color_scheme=scheme)
                if (width, scheme) in PICTURES:
                    page.screenshot(path=harness.shots / f"{name}-{width}-{scheme}.png", full_page=True)
                self.assertEqual(page.evaluate(RUN_AXE, rules), [], f"{name} at {width}, {scheme}")

    def weigh(self, page, path):
        """The size of a view without a cache, in bytes."""
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(self.server.url(path), wait_until="load")
        texts = [answer for answer in answers if answer.request.resource_type in ("document", "stylesheet", "script")]
        self.assertEqual(len(texts), 3)
        return sum(len(text.body()) for text in texts)

    def visit(self, page, name, path):
        with self.subTest(name):
            weight = self.weigh(page, path)
            self.assertLess(weight, WEIGHT)
            self.look(page, name)
        self.close(page.context)

    def test_views(self):
        for name, path in self.world.views.items():
            self.visit(self.person("admin", None), name, path)

    def test_all_jobs_of_a_page_are_there(self):
        page = self.person("admin", "/admin/jobs")
        self.assertEqual(len(self.ids(page)), 50)

    def test_sign_in(self):
        self.visit(self.visitor(None), "sign-in", "/admin/sign-in")

    def test_not_found(self):
        self.watch.expect(404, "/admin/jobs/none")
        self.visit(self.person("admin", None), "not-found", "/admin/jobs/none")


class Headers(WorldTest):
    ALWAYS = {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def assert_headers(self, answer, cache="no-store"):
        status, headers, _ = answer
        for name, value in {**self.ALWAYS, "Cache-Control": cache}.items():
            self.assertEqual(headers.get_all(name), [value], f"{name}, answered with {status}")

    def test_headers(self):
        admin = Caller(self.server, "admin")
        for name, path in self.world.views.items():
            with self.subTest(name):
                answer = admin.get(path)
                self.assertEqual(answer[0], 200)
                self.assert_headers(answer)
                self.assertEqual(answer[1]["Content-Type"], "text/html; charset=utf-8")
        for name, status, answer in [
            ("not signed in", 303, self.server.request("GET", "/admin")),
            ("sign-in", 200, self.server.request("GET", "/admin/sign-in")),
            ("unknown job", 404, admin.get("/admin/jobs/none")),
            ("wrong filter", 400, admin.get("/admin/jobs?olderThan=x")),
            ("foreign form", 403, admin.post("/admin/pause", _csrf="0", minutes="5")),
            ("wrong method", 405, admin.post("/admin/audit")),
        ]:
            with self.subTest(name):
                self.assertEqual(answer[0], status)
                self.assert_headers(answer)

    def test_assets(self):
        html = self.server.request("GET", "/admin/sign-in")[2]
        assets = set(re.findall(r'(?:href|src)="(/admin/assets/[^"]+)"', html))
        self.assertEqual(len(assets), 3)
        for path in assets:
            self.assert_headers(self.server.request("GET", path), cache="public, max-age=31536000, immutable")

    def test_nothing_inline(self):
        """The pages have nothing that the content security policy forbids."""
        admin = Caller(self.server, "admin")
        for name, path in self.world.views.items():
            html = admin.get(path)[2]
            self.assertEqual(re.findall(r"<style|<script(?! src=)| style=| on[a-z]+=\"|javascript:", html), [], name)
            # All resources are from this server.
            self.assertEqual(re.findall(r'(?:src|href|action)="(?!/admin|#)[^"]*"', html), [], name)


class Keyboard(WorldTest):
    def test_skip_link(self):
        page = self.person("viewer", "/admin/jobs")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("Tab")
        self.assertTrue(page.evaluate("document.activeElement.closest('main') !== null"))

    def test_focus_is_seen(self):
        page = self.person("operator", "/admin/stuck")
        expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
        # It does not move.
        page.get_by_role("button", name="Live", exact=True).click()
        page.evaluate("document.activeElement.blur()")
        seen = []
        for _ in range(80):
            page.keyboard.press("Tab")
            if (focus := page.evaluate(FOCUS)) is None:
                break
            self.assertTrue(focus["isSeen"] and focus["isMarked"], focus)
            seen.append((focus["kind"], focus["name"]))
        else:
            self.fail("The focus does not leave the page.")
        for reached in [("a", "Overview"), ("a", "Audit"), ("select", "All kinds"), ("input", "timeout"), ("a", "stuck-1")]:
            self.assertIn(reached, [(kind, name.split("\n")[0]) for kind, name in seen])
        self.assertIn(("button", "Clean up now"), seen)
        self.assertIn(("button", "Copy stuck-1"), seen)
        self.assertEqual(len([name for kind, name in seen if kind == "a" and name == "Stuck"]), 1)

    def test_clean_up_without_a_mouse(self):
        """From the list to the run with the keyboard only."""
        page = self.person("operator", "/admin/stuck?batchSize=1")
        button = page.get_by_role("button", name="Clean up now")
        page.get_by_label("Batch size").focus()
        for _ in range(6):
            page.keyboard.press("Tab")
            if button.evaluate("button => button === document.activeElement"):
                break
        page.keyboard.press("Enter")
        self.assert_heading(page, re.compile("^Run "))
        expect(page.locator("#run-state")).to_contain_text("Completed", timeout=LIVE)


class WithoutScript(WorldTest):
    def reload_until(self, page, text):
        """A page without JavaScript shows changes after a reload."""
        end = time.monotonic() + 15
        while page.get_by_text(text).count() == 0 and time.monotonic() < end:
            page.reload()
        expect(page.get_by_text(text).first).to_be_visible()

    def test_everything(self):
        page = self.visitor("/admin", java_script_enabled=False)
        self.sign_in(page, self.server.tokens["operator"])
        self.assert_heading(page, "Overview")
        expect(page.locator("#stuck-count")).to_have_text("2 stuck jobs")
        expect(page.get_by_role("region", name="The last 24 hours").locator("svg")).to_be_visible()
        # Times are text from the server.
        expect(page.get_by_role("region", name="Runs").locator("time").first).to_have_text(re.compile("ago$"))

        main = page.get_by_role("navigation", name="Main")
        main.get_by_role("link", name="Jobs").click()
        page.get_by_role("combobox", name="Kind").select_option("video")
        page.get_by_text("More", exact=True).click()
        page.get_by_label("Tier").fill("TIER_4K")
        page.get_by_role("button", name="Filter").click()
        self.assertEqual(len(self.ids(page)), 23)
        page.get_by_role("link", name="Remove Kind: video").click()
        expect(page.get_by_role("link", name="Remove Tier: TIER_4K")).to_be_visible()

        main.get_by_role("link", name="Stuck").click()
        self.assertEqual(self.ids(page), [world.LONG, "stuck-1"])
        page.get_by_label("Timeout").fill("1h")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("table")).to_have_count(0)
        main.get_by_role("link", name="Stuck").click()
        page.get_by_role("button", name="Clean up now").click()
        self.assert_heading(page, re.compile("^Run "))
        self.reload_until(page, "Failed 2 stuck jobs and refunded 16 tokens.")
        main.get_by_role("link", name="Users").click()
        page.get_by_label("User id").fill("linus")
        page.get_by_role("button", name="Look up").click()
        expect(page.locator("#user-state")).to_contain_text("Yes: 8 tokens in 1 refund.")
        page.get_by_role("link", name="some-operator").click()
        page.get_by_role("button", name="Sign out", exact=True).click()
        self.assert_heading(page, "Sign in")
        self.assertEqual(self.server.wrong_balances(), [])

    def test_one_job(self):
        page = self.person("operator", f"/admin/jobs/{self.world.job}", java_script_enabled=False)
        page.get_by_text("Cancel …", exact=True).click()
        page.get_by_label("Reason (optional)").and_(page.locator(":visible")).fill("not wanted")
        page.get_by_role("button", name="Cancel this job").click()
        expect(page.get_by_role("status")).to_contain_text("The job was cancelled")
        expect(page.locator("#job-state")).to_contain_text("Cancelled")
