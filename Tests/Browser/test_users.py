"""Bookings by an admin, and the answers for support."""

import re

from harness import BrowserTest, Caller, ago, expect, job_row

MOST = 9_007_199_254_740_991


class UsersTest(BrowserTest):
    def open(self, page, summary):
        """One of the two forms."""
        page.get_by_text(summary, exact=True).click()
        return page.locator("details", has_text=summary).locator("form")

    def grant(self, page, amount, reason):
        form = self.open(page, "Grant tokens")
        form.get_by_label("Tokens").fill(amount)
        form.get_by_label("Reason").fill(reason)
        form.get_by_role("button", name="Grant").click()

    def adjust(self, page, amount, reason):
        form = self.open(page, "Adjust the balance")
        form.get_by_label("Amount (+/−)").fill(amount)
        form.get_by_label("Reason").fill(reason)
        form.get_by_role("button", name="Adjust").click()

    def lines(self, page):
        """Type, amount and balance of each transaction, from the top."""
        rows = page.get_by_role("table", name="Transactions, newest first").locator("tbody tr").all()
        return [
            tuple(row.locator(f"[data-label='{label}']").inner_text() for label in ("Type", "Amount", "Balance after"))
            for row in rows
        ]

    def balance(self, user):
        rows = self.server.column("SELECT balance FROM balances WHERE user_id = ?", user)
        return rows[0] if rows else 0


class Booking(UsersTest):
    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.server.wrong_balances(), [])

    def test_grant_and_adjust(self):
        page = self.person("admin", "/admin/users/ada")
        expect(page.get_by_text("This user has no transactions yet.")).to_be_visible()
        self.grant(page, "1,000", "Order 4711")
        expect(page.get_by_role("status")).to_have_text("Booked.")
        expect(self.detail(page, "Balance")).to_have_text("1,000")
        self.adjust(page, "-20", "Charged twice & <noticed>")
        expect(self.detail(page, "Balance")).to_have_text("980")
        self.adjust(page, "+5", "Too much")
        expect(self.detail(page, "Balance")).to_have_text("985")
        # Each line with the balance after it.
        self.assertEqual(
            self.lines(page),
            [("Adjustment", "+5", "985"), ("Adjustment", "−20", "980"), ("Grant", "+1,000", "1,000")],
        )
        table = page.get_by_role("table", name="Transactions, newest first")
        expect(table.get_by_role("row", name="Grant")).to_contain_text("Order 4711")
        expect(table).to_contain_text("Charged twice & <noticed>")

        page.get_by_role("navigation", name="Main").get_by_role("link", name="Audit").click()
        row = page.get_by_role("row").filter(has_text="tokens.grant").first
        for text in ["some-admin", "ada", "+1,000: Order 4711", "Done", "page, 127.0.0.1"]:
            expect(row).to_contain_text(text, ignore_case=True)
        row = page.get_by_role("row").filter(has_text="Charged twice")
        expect(row).to_contain_text("tokens.adjust")
        expect(row).to_contain_text("−20: Charged twice & <noticed>")
        row.get_by_role("link", name="ada").click()
        self.assert_heading(page, re.compile("^User ada"))

    def test_sent_twice(self):
        """A user goes back and sends the same form again: it is booked once."""
        page = self.person("admin", "/admin/users/grace")
        form = self.open(page, "Grant tokens")
        key = form.locator("[name=key]").input_value()
        form.get_by_label("Tokens").fill("50")
        form.get_by_label("Reason").fill("Order 1")
        form.get_by_role("button", name="Grant").click()
        expect(self.detail(page, "Balance")).to_have_text("50")
        # The next page has another key, so a second grant is booked.
        self.assertNotEqual(page.locator("[name=key]").first.input_value(), key)

        admin = Caller(self.server, "admin")
        fields = {"kind": "grant", "key": key, "amount": "50", "reason": "Order 1"}
        status, headers, _ = admin.post("/admin/users/grace/tokens", **fields)
        self.assertEqual((status, headers["Location"]), (303, "/admin/users/grace?did=booked-before"))
        page.goto(self.server.url(headers["Location"]))
        expect(page.get_by_role("status")).to_have_text("This is already booked; nothing was booked again.")
        expect(self.detail(page, "Balance")).to_have_text("50")
        self.assertEqual(len(self.lines(page)), 1)
        page.goto(self.server.url("/admin/audit?action=tokens.grant"))
        expect(page.get_by_text("booked before; nothing was booked again", exact=False).first).to_be_visible()
        # The same key with another amount is not the same form.
        self.assertEqual(admin.post("/admin/users/grace/tokens", **{**fields, "amount": "51"})[0], 409)
        self.assertEqual(self.balance("grace"), 50)

    def test_double_click(self):
        page = self.person("admin", "/admin/users/linus")
        form = self.open(page, "Grant tokens")
        form.get_by_label("Tokens").fill("7")
        form.get_by_label("Reason").fill("Order 2")
        form.get_by_role("button", name="Grant").dblclick()
        expect(self.detail(page, "Balance")).to_have_text("7")
        self.assertEqual(self.balance("linus"), 7)

    def test_largest(self):
        """No digit is lost in the form, the database and the page."""
        page = self.person("admin", "/admin/users/rich")
        self.grant(page, f"{MOST:,}", "All there is")
        expect(self.detail(page, "Balance")).to_have_text(f"{MOST:,}")
        self.assertEqual(self.balance("rich"), MOST)
        self.assertEqual(self.lines(page), [("Grant", f"+{MOST:,}", f"{MOST:,}")])
        self.adjust(page, f"-{MOST - 1}", "But one")
        expect(self.detail(page, "Balance")).to_have_text("1")
        self.adjust(page, f"{MOST - 1}", "And back")
        expect(self.detail(page, "Balance")).to_have_text(f"{MOST:,}")
        self.watch.expect(400, "/admin/users/rich/tokens")
        self.grant(page, "1", "One more")
        expect(page.get_by_text(f"The balance of 'rich' would exceed {MOST} tokens. Nothing was booked.")).to_be_visible()
        self.assertEqual(self.balance("rich"), MOST)

    def test_wrong_amounts(self):
        page = self.person("admin", "/admin/users/poor")
        form = self.open(page, "Grant tokens")
        field = form.get_by_label("Tokens")
        form.get_by_label("Reason").fill("x")
        for amount in ["-5", "1.5", "ten", "1e3"]:
            field.fill(amount)
            form.get_by_role("button", name="Grant").click()
            self.assertTrue(field.evaluate("field => field.validity.patternMismatch"), amount)
        # The server does too, and does not read a comma as a point.
        admin = Caller(self.server, "admin")
        for number, amount in enumerate(["-5", "1,5", "0", "1.5", "ten", f"{MOST + 1}", "９"]):
            with self.subTest(amount):
                fields = {"kind": "grant", "key": f"wrong-{number}", "amount": amount, "reason": "x"}
                status, _, html = admin.post("/admin/users/poor/tokens", **fields)
                self.assertEqual(status, 400)
                self.assertIn("Nothing was booked.", html)
        # No balance is negative.
        fields = {"kind": "adjust", "key": "below", "amount": "-1", "reason": "x"}
        self.assertEqual(admin.post("/admin/users/poor/tokens", **fields)[0], 402)
        for missing in ["reason", "key", "amount"]:
            with self.subTest(missing=missing):
                fields = {"kind": "grant", "key": "missing", "amount": "5", "reason": "x", missing: ""}
                self.assertEqual(admin.post("/admin/users/poor/tokens", **fields)[0], 400)
        self.assertEqual(self.balance("poor"), 0)


class Support(UsersTest):
    @classmethod
    def seed(cls):
        cls.server.import_jobs(
            [
                job_row("paid-and-done", user="ada", cost=5, status="COMPLETED", started=ago(hours=3)),
                job_row("died", user="ada", cost=30, started=ago(hours=1)),
                job_row("fine", user="grace", cost=30),
            ]
        )

    @classmethod
    def fill(cls):
        cls.server.clean_up()

    def ask(self, user):
        """Support searches a user."""
        page = self.person("viewer", "/admin/users")
        page.get_by_label("User id").fill(user)
        page.get_by_label("User id").press("Enter")
        return page

    def test_was_this_customer_refunded(self):
        page = self.ask("ada")
        state = page.locator("#user-state")
        expect(state).to_contain_text("Refunded Yes: 30 tokens in 1 refund.")
        expect(state).to_contain_text("30 tokens for job died")
        expect(self.detail(page, "Refunded")).to_have_text("30 1 time")
        row = page.get_by_role("table", name="Refunds, newest first").get_by_role("row", name="died")
        expect(row).to_contain_text("+30")
        state.get_by_role("link", name="died").click()
        expect(page.locator("#job-state")).to_contain_text("A run ended it, and the user was refunded 30 tokens.")

    def test_not_refunded(self):
        page = self.ask("grace")
        expect(page.locator("#user-state")).to_contain_text("Not refunded No refund.")
        expect(page.get_by_role("heading", name="Refunds")).to_have_count(0)

    def test_pages_of_transactions(self):
        self.server.cli("grant", "many", "1")
        now = self.server.value("SELECT max(created_at) FROM token_transactions WHERE user_id = 'many'")
        self.server.sql(
            """WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < 120)
            INSERT INTO token_transactions (user_id, sequence, id, amount, type, source, balance_after, metadata, created_at)
            SELECT 'many', n, 'grant-' || n, 1, 'GRANT', 'test', n, '{}', ? + n FROM number""",
            now,
        )
        self.server.sql("UPDATE balances SET balance = 120, sequence = 120 WHERE user_id = 'many'")
        page = self.person("viewer", "/admin/users/many")
        seen = [balance for _, _, balance in self.lines(page)]
        while (following := page.get_by_role("link", name="Next page")).count():
            following.click()
            expect(page.get_by_role("link", name="Newest")).to_be_visible()
            seen += [balance for _, _, balance in self.lines(page)]
        self.assertEqual(seen, [str(number) for number in range(120, 0, -1)])
        expect(self.detail(page, "Balance")).to_have_text("120")
