"""What each role sees and may do: no refused action is offered, and every action that is not offered is refused."""

import re
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

from harness import Caller, expect
from world import WorldTest

SOURCES = Path(__file__).parents[2] / "Sources/UnstickPages"
#: Path and right of every form that changes something, as the sources have them.
POSTS = sorted(
    match
    for file in SOURCES.rglob("*.swift")
    for match in re.findall(r'\.post\("([^"]+)", \.(\w+)\)', file.read_text())
)
#: The actions of every signed-in user.
OWN = {"/admin/sign-out", "/admin/sign-out-everywhere"}


class Offers(HTMLParser):
    """The actions of a page: links, and forms that change something."""

    def __init__(self, html):
        super().__init__()
        self.links, self.posts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
        elif tag == "form" and attributes.get("method") == "post":
            self.posts.append(attributes["action"])


class Roles(WorldTest):
    def shape(self, path):
        """The kind of view of an address."""
        parts = urllib.parse.urlsplit(path).path.split("/")
        if len(parts) > 3 and parts[2:4] != ["bulk", "new"]:
            parts[3] = "…"
        status = self.server.column("SELECT status FROM jobs WHERE id = ?", urllib.parse.unquote(path.rpartition("/")[2]))
        return "/".join(parts) + "".join(status)

    def walk(self, role):
        """Follows all links, to each kind of view once, and returns the forms of each."""
        caller = Caller(self.server, role)
        coming, seen, found = ["/admin"], {"/admin"}, {}
        while coming:
            path = coming.pop()
            status, _, html = caller.get(path)
            self.assertEqual(status, 200, f"{role}: {path}, which a page leads to")
            page = Offers(html)
            found[path] = page.posts
            for link in page.links:
                if link.startswith("/admin") and (shape := self.shape(link)) not in seen:
                    seen.add(shape)
                    coming.append(link)
        return found

    def post(self, role, path):
        """The answer to a form with everything but the right."""
        ids = {
            "/jobs/{id}/retry": "dead-0", "/jobs/{id}/fail": "running-0", "/jobs/{id}/cancel": "running-1",
            "/bulk/{id}/stop": self.world.bulk, "/users/{id}/tokens": "ada", "/tokens/{name}/revoke": "some-worker",
        }
        id = ids.get(path, self.world.webhook)
        event = self.server.value("SELECT event_id FROM webhook_deliveries WHERE endpoint_id = ?", self.world.webhook)
        return Caller(self.server, role).post(
            "/admin" + re.sub(r"\{\w+\}", id, path),
            reason="by hand", kind="grant", key="by-hand", amount="5", minutes="5", name="by-hand", role="admin",
            url="https://example.com/", events="*", action="cancel", status="PENDING", confirm="cancel 0",
            endpoint=self.world.webhook, event=event,
        )

    def contents(self):
        """All data that a change would affect."""
        tables = ["jobs", "balances", "token_transactions", "runs", "run_items", "pauses", "bulk_actions", "access_tokens"]
        contents = {table: self.server.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}
        # The sender writes the other fields of an endpoint.
        endpoints = "SELECT id, url, events, note, secret, previous_secret, disabled_at FROM webhook_endpoints ORDER BY id"
        return {**contents, "webhook_endpoints": self.server.sql(endpoints)}

    def assert_refused(self, role, rights):
        before = self.contents()
        paths = [path for path, right in POSTS if right in rights]
        for path in paths:
            with self.subTest(path):
                status, _, html = self.post(role, path)
                self.assertEqual(status, 403)
                self.assertIn(f"role &#39;{role}&#39;" if "&#39;" in html else f"'{role}'", html)
        self.assertEqual(self.contents(), before)
        return paths

    # -- A viewer

    def test_viewer_is_offered_nothing(self):
        found = self.walk("viewer")
        # It has visited every view.
        views = {self.shape(path) for path in self.world.views.values()}
        for_others = {"/admin/tokens", "/admin/bulk/new"}
        self.assertEqual(views - for_others - {self.shape(path) for path in found}, set())
        self.assertEqual({post for posts in found.values() for post in posts}, OWN)
        self.assertEqual(set(found["/admin/account"]), OWN)

    def test_viewer_sees_no_button(self):
        """The script also offers only copying and filters."""
        for name in ["overview", "stuck", "job", "user", "policy", "webhook", "deliveries"]:
            page = self.person("viewer", self.world.views[name])
            buttons = page.get_by_role("main").get_by_role("button").all()
            labels = {button.get_attribute("aria-label") or button.inner_text() for button in buttons}
            others = {label for label in labels if not label.startswith("Copy ")}
            self.assertLessEqual(others, {"Preview", "Filter"}, name)
            expect(page.get_by_role("link", name=re.compile("all …$"))).to_have_count(0)
            self.close(page.context)

    def test_viewer_is_refused(self):
        self.assertGreaterEqual(len(self.assert_refused("viewer", ["operate", "administer"])), 17)

    def test_viewer_may_not_see(self):
        for path in ["/admin/tokens", "/admin/bulk/new"]:
            self.watch.expect(403, path)
            page = self.person("viewer", path)
            expect(page.get_by_role("heading", level=1, name="Forbidden")).to_be_visible()
            page.get_by_role("link", name="To the overview").click()
            self.assert_heading(page, "Overview")

    def test_viewer_sees_no_secret(self):
        secrets = self.server.column("SELECT secret FROM webhook_endpoints")
        for path in self.walk("viewer"):
            html = Caller(self.server, "viewer").get(path)[2]
            for secret in secrets + list(self.server.tokens.values()):
                self.assertNotIn(secret, html)

    # -- An operator

    def test_operator_is_offered_what_may_be_done(self):
        offered = {post for posts in self.walk("operator").values() for post in posts}
        patterns = {
            path: re.compile("/admin" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$") for path, _ in POSTS
        }
        allowed = {path for path, right in POSTS if right != "administer"}
        for post in offered:
            [path] = [path for path, pattern in patterns.items() if pattern.match(post)]
            self.assertIn(path, allowed)
        for path in ["/pause", "/cleanup", "/jobs/{id}/cancel", "/jobs/{id}/retry", "/jobs/{id}/fail"]:
            self.assertTrue(any(patterns[path].match(post) for post in offered), path)

    def test_operator_sees_no_form_of_an_admin(self):
        page = self.person("operator", "/admin/users/ada")
        expect(page.get_by_text("Grant tokens")).to_have_count(0)
        expect(page.get_by_text("Adjust the balance")).to_have_count(0)
        page.goto(self.server.url("/admin/webhooks"))
        expect(page.get_by_role("heading", name="Add a webhook")).to_have_count(0)
        page.goto(self.server.url("/admin/policy"))
        expect(page.get_by_role("button", name="Reload")).to_have_count(0)
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="API keys")).to_have_count(0)

    def test_operator_is_refused(self):
        paths = self.assert_refused("operator", ["administer"])
        self.assertLessEqual({"/tokens", "/webhooks", "/users/{id}/tokens", "/policy/reload"}, set(paths))

    # -- A program

    def test_bearer_of_a_program(self):
        """Keys of programs open no page either, if they are sent with the request."""
        for role in ["worker", "app"]:
            status, _, _ = self.server.request(
                "GET", "/admin", headers={"Authorization": f"Bearer {self.server.tokens[role]}"}
            )
            self.assertEqual(status, 403, role)
