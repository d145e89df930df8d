"""The screenshots of the documentation, of a server on a normal day: doc-*.png."""

import json
import math
import random
import re
import uuid
from datetime import timedelta

import harness
from harness import LIVE, BrowserTest, ago, expect, job_row, now, run

#: The largest picture, in bytes.
LARGEST = 200_000

POLICY = """
rules:
  - name: films
    kind: video
    timeout: 30m
    heartbeatTimeout: 2m
    retry: { attempts: 2, backoff: 30s, cap: 10m }
    refund: byProgress
  - name: pictures
    kind: image
    timeout: 2m
  - name: talks
    kind: transcript
    timeout: 15m
    pendingTimeout: 6h
"""

PEOPLE = ["mira", "jonas", "aiko", "samuel", "lucia", "henrik", "noor", "tomas", "priya", "elif", "oscar", "wanda"]
#: How many jobs were delivered: of three kinds enough for a limit of their own.
DELIVERED = [13_000, 10_500, 10_200, 1_500]
#: Kind, tier, cost, and how long such a job takes: the median in seconds, and how far it spreads.
KINDS = [
    ("image", "TIER_1K", 8, 11, 0.42),
    ("image", "TIER_4K", 16, 31, 0.38),
    ("video", "TIER_4K", 60, 520, 0.33),
    ("transcript", "", 20, 140, 0.5),
]


def at(moment):
    return moment.isoformat(timespec="milliseconds")


def past(chance):
    """Jobs that were delivered in the last three days."""
    kinds = [kind for kind, count in zip(KINDS, DELIVERED) for _ in range(count)]
    people = [f"user_{number:04}" for number in range(700)]
    for number, (kind, tier, cost, median, spread) in enumerate(kinds):
        created = now() - timedelta(hours=2 + chance.random() * 70)
        started = created + timedelta(seconds=chance.uniform(0.2, 9))
        ended = started + timedelta(seconds=median * math.exp(chance.gauss(0, spread)))
        yield job_row(
            f"job_{chance.getrandbits(48):012x}", user=chance.choice(PEOPLE if number % 300 == 0 else people), kind=kind,
            tier=tier, cost=cost, status="COMPLETED", created=at(created), started=at(started), updated_at=at(ended),
            processing_completed_at=at(ended),
        )


def working(chance):
    """Running jobs, most of them alive; each with its age in seconds."""
    for kind, tier, cost, ages in [
        ("video", "TIER_4K", 60, [95, 240, 410, 700, 1130, 1490]),
        ("image", "TIER_1K", 8, [4, 9, 13, 22, 47, 410]),
        ("image", "TIER_4K", 16, [18, 36, 71, 980]),
        ("transcript", "", 20, [75, 190, 330, 640, 2750]),
    ]:
        for age in ages:
            yield job_row(
                f"job_{chance.getrandbits(48):012x}", user=chance.choice(PEOPLE[2:]), kind=kind, tier=tier, cost=cost,
                created=ago(seconds=age + 6), started=ago(seconds=age),
            )


def lost():
    """Jobs whose workers died, and which a run refunds before the screenshots."""
    for number, (user, kind, tier, cost, minutes) in enumerate(
        [("mira", "video", "TIER_4K", 60, 47), ("mira", "image", "TIER_1K", 8, 12), ("noor", "image", "TIER_4K", 16, 9),
         ("jonas", "transcript", "", 20, 31)]
    ):
        row = job_row(
            f"job_5d1f0a77c{number:03}", user=user, kind=kind, tier=tier, cost=cost,
            created=ago(minutes=minutes, seconds=8), started=ago(minutes=minutes),
        )
        yield {**row, "attempt": 2} if kind == "video" else row


class Pictures(BrowserTest):
    policy = POLICY

    @classmethod
    def seed(cls):
        chance = random.Random(4)
        cls.chance = chance
        server = cls.server
        for person in PEOPLE:
            server.cli("grant", person, str(chance.randrange(2, 20) * 50), "--reason", f"Order {chance.randrange(4000, 9000)}")
        server.import_jobs(list(past(chance)) + list(lost()))
        cls.beat(60_000 * 44, 0.62, "frame 744 of 1200", "id = 'job_5d1f0a77c000'")
        for hour in reversed(range(47)):
            cls.add_run(now() - timedelta(minutes=30 * (hour + 1)), chance)
        made = run(server.database, "key", "create", "lena", "--role", "operator", "--json")
        server.tokens["support"] = json.loads(made)["token"]

    @classmethod
    def beat(cls, age, progress, message, condition):
        """A worker that has been silent for some milliseconds."""
        cls.server.sql(f"UPDATE jobs SET worker = 'gpu-' || (abs(random()) % 6 + 1) WHERE {condition}")
        cls.server.sql(
            f"""INSERT OR REPLACE INTO leases
            SELECT id, user_id, attempt, ?, ?, ? FROM jobs WHERE {condition} AND status = 'PROCESSING'""",
            int(now().timestamp() * 1000) - age, int(progress * 1_000_000), message,
        )

    @classmethod
    def add_run(cls, moment, chance):
        """A scheduled run in the past."""
        time = int(moment.timestamp() * 1000)
        found = chance.choices([0, 1, 2, 3, 5], [6, 4, 3, 2, 1])[0] + (9 if moment.hour == 4 else 0)
        retried = sum(chance.random() < 0.35 for _ in range(found))
        id = uuid.UUID(int=(time << 80) | (7 << 76) | (chance.getrandbits(12) << 64) | (2 << 62) | chance.getrandbits(62))
        cls.server.sql(
            """INSERT INTO runs (id, "trigger", status, dry_run, batch_size, total_found, cleaned_up, retried, failed,
                tokens_refunded, more, started_at, updated_at, duration_ms, ordinal)
            SELECT ?, 'scheduler', 'COMPLETED', 0, 100, ?, ?, ?, 0, ?, 0, ?, ?, ?, coalesce(max(ordinal), 0) + 1 FROM runs""",
            str(id), found, found - retried, retried, (found - retried) * chance.choice([8, 16, 20, 60]), time, time,
            chance.randrange(9, 60),
        )

    @classmethod
    def fill(cls):
        """The last run was a minute ago, and since then more jobs are stuck."""
        server = cls.server
        server.api("POST", "/api/admin/jobs/cleanup", {})
        server.sql("UPDATE runs SET trigger = 'scheduler' WHERE trigger <> 'scheduler'")
        server.import_jobs(list(working(cls.chance)))
        cls.beat(9_000, 0.35, "frame 420 of 1200", "kind = 'video' AND status = 'PROCESSING'")
        # The worker of one film is silent.
        oldest = "SELECT min(processing_started_at) FROM jobs WHERE kind = 'video' AND status = 'PROCESSING'"
        cls.beat(60_000 * 6, 0.48, "frame 576 of 1200", f"processing_started_at = ({oldest}) AND kind = 'video'")

    def picture(self, page, name, height=900):
        page.set_viewport_size({"width": 1280, "height": height})
        file = harness.shots / f"doc-{name}.png"
        page.screenshot(path=file)
        self.assertLess(file.stat().st_size, LARGEST, name)

    def looker(self, path):
        page = self.person("support", path)
        if page.locator("body[data-events]").count():
            expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
        return page

    def test_overview(self):
        page = self.looker("/admin")
        expect(page.locator("#stuck-count")).to_have_text(re.compile("^[3-9] stuck jobs"), timeout=LIVE)
        self.picture(page, "overview", 950)
        page.emulate_media(color_scheme="dark")
        self.picture(page, "overview-dark", 950)

    def test_stuck(self):
        page = self.looker("/admin/stuck")
        self.assertEqual(len(self.ids(page)), 4)
        self.picture(page, "stuck", 720)

    def test_job(self):
        page = self.looker("/admin/jobs/job_5d1f0a77c000")
        expect(page.locator("#job-state")).to_contain_text("A run ended it")
        self.picture(page, "job")

    def test_user(self):
        page = self.looker("/admin/users/mira")
        expect(page.locator("#user-state")).to_contain_text("Refunded Yes")
        self.picture(page, "user")

    def test_policy(self):
        page = self.looker("/admin/policy")
        expect(page.get_by_text(f"From the newest {sum(DELIVERED):,} completed jobs")).to_be_visible(timeout=LIVE)
        # What was learned, with the rules in figures above it.
        page.evaluate("scrollTo(0, document.querySelector('.sheet').offsetTop - 16)")
        self.picture(page, "policy")
