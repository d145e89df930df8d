"""Shared by the browser tests: a server over a new database, users who sign in, and checks for errors."""

import atexit
import csv
import http.server
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

#: Set by `__main__`.
binary = Path(".build/debug/unstick")
shots = Path(".build/browser/shots")

ROLES = ["viewer", "operator", "admin", "app", "worker"]
#: The time limit for live updates: the server checks every two seconds, and the page requests at most every two.
LIVE = 15_000

expect.set_options(timeout=8_000)


# ---- Times


def now():
    return datetime.now(timezone.utc)


def ago(**amounts):
    """A time in the past, in the format of an import."""
    return (now() - timedelta(**amounts)).isoformat(timespec="milliseconds")


def wait_until(condition, what, seconds=15):
    """Repeats until a condition is true, for what no page shows."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds} s in vain for {what}.")
        time.sleep(0.1)
    return found


# ---- The server


class Base:
    """A database with an API key of each role, created once and copied for each server."""

    _made = None

    @classmethod
    def made(cls):
        if cls._made is None:
            folder = Path(tempfile.mkdtemp(prefix="unstick-browser-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            database = folder / "base.db"
            tokens = {role: cls.token(database, role) for role in ROLES}
            cls._made = (database, tokens)
        return cls._made

    @staticmethod
    def token(database, role):
        return json.loads(run(database, "key", "create", f"some-{role}", "--role", role, "--json"))["token"]


def run(database, *arguments, environment=None, check=True):
    """Runs the command line on a database, and returns its output."""
    done = subprocess.run(
        [binary, *arguments, "--database", f"sqlite:{database}"],
        capture_output=True,
        text=True,
        env=clean_environment(environment or {}),
        cwd=Path(database).parent,
        timeout=120,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"unstick {' '.join(arguments)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def clean_environment(extra):
    """Only the settings of the test, not those of the machine."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TZ": "UTC", **extra}


class Server:
    """`unstick serve` over a new SQLite file."""

    def __init__(self, policy=None, environment=None, base_path=""):
        database, self.tokens = Base.made()
        self.folder = Path(tempfile.mkdtemp(prefix="unstick-browser-"))
        self.database = self.folder / "unstick.db"
        source = sqlite3.connect(database)
        with sqlite3.connect(self.database) as copy:
            source.backup(copy)
        source.close()
        self.environment = {"CLEANUP_SCHEDULE": "off", **(environment or {})}
        if base_path:
            self.environment["BASE_PATH"] = base_path
        self.base_path = base_path
        self.policy = None
        if policy:
            self.policy = self.folder / "unstick.yaml"
            self.policy.write_text(policy)
        self.process = None
        self.port = 0

    def start(self):
        command = [binary, "serve", "--port", str(self.port), "--database", f"sqlite:{self.database}"]
        if self.policy:
            command += ["--policy", self.policy]
        self.log = open(self.folder / "log.txt", "ab")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=self.folder,
            env=clean_environment(self.environment),
        )
        for line in self.process.stdout:
            self.log.write(line.encode())
            if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError(f"The server did not start: {self.read_log()}")
        threading.Thread(target=self._drain, args=(self.process.stdout, self.log), daemon=True).start()
        return self

    @staticmethod
    def _drain(output, log):
        for line in output:
            log.write(line.encode())
            log.flush()

    def stop(self, expected=()):
        """Stops it like a service manager, and returns the errors, also those in its log that are not expected."""
        if self.process is None:
            return []
        self.process.send_signal(signal.SIGTERM)
        problems = []
        try:
            code = self.process.wait(timeout=15)
            if code != 0:
                problems.append(f"The server ended with {code}.")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            problems.append("The server did not stop within 15 s.")
        self.process = None
        problems += [
            f"The server's log has: {line}"
            for line in self.read_log().splitlines()
            if re.search(r'"level":"(warning|error|critical)"', line)
            and not any(f'"message":"{message}"' in line for message in expected)
        ]
        return problems

    def read_log(self):
        self.log.flush()
        return (self.folder / "log.txt").read_text()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def url(self, path):
        return self.origin + self.base_path + path

    # -- Its data

    def sql(self, statement, *values):
        """The rows of a query, or the result of a change."""
        with sqlite3.connect(self.database, timeout=20) as connection:
            rows = connection.execute(statement, values).fetchall()
        connection.close()
        return rows

    def value(self, statement, *values):
        return self.sql(statement, *values)[0][0]

    def column(self, statement, *values):
        return [row[0] for row in self.sql(statement, *values)]

    def cli(self, *arguments, **options):
        return run(self.database, *arguments, **options)

    def api(self, method, path, body=None, role="admin", headers=None, expected=range(200, 300)):
        """Calls the API, and returns the JSON of the answer."""
        status, _, text = self.request(
            method,
            path,
            None if body is None else json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self.tokens[role]}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        if status not in expected:
            raise AssertionError(f"{method} {path} was answered with {status}: {text}")
        return json.loads(text) if text else None

    def request(self, method, path, data=None, headers=None):
        """One request without a browser, and without following a redirection: status, headers and text."""
        request = urllib.request.Request(self.url(path), data=data, method=method, headers=headers or {})
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()

    def import_jobs(self, rows):
        """Imports jobs, each a dictionary by the columns' names."""
        columns = [
            "id", "user_id", "kind", "tier", "cost", "status", "attempt", "created_at",
            "processing_started_at", "updated_at", "processing_completed_at",
        ]
        file = self.folder / "jobs.csv"
        with open(file, "w", newline="") as output:
            writer = csv.DictWriter(output, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        self.cli("import", str(file))

    def new_job(self, user="ada", kind="image", cost=8, **more):
        body = {"userId": user, "kind": kind, "tokensCost": cost, **more}
        return self.api("POST", "/api/jobs", body, role="app")["id"]

    def start_job(self, job, worker="gpu-7"):
        return self.api("POST", f"/api/jobs/{job}/start", {"worker": worker}, role="worker")["attempt"]

    def stuck(self):
        """The number of stuck jobs from the API."""
        return len(self.api("GET", "/api/admin/jobs/stuck")["jobs"])

    def clean_up(self, **body):
        return self.api("POST", "/api/admin/jobs/cleanup", body, expected=[200, 409])

    def wrong_balances(self):
        """Users whose balance is not the sum of their transactions."""
        return self.sql(
            """SELECT b.user_id, b.balance, coalesce(sum(t.amount), 0) FROM balances b
            LEFT JOIN token_transactions t ON t.user_id = b.user_id GROUP BY b.user_id
            HAVING b.balance <> coalesce(sum(t.amount), 0)"""
        )


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


class Caller:
    """A user who is signed in without a browser, for requests that no page of ours sends."""

    def __init__(self, server, role):
        self.server = server
        form = urllib.parse.urlencode({"token": server.tokens[role], "next": server.base_path + "/admin"})
        _, headers, _ = server.request(
            "POST", "/admin/sign-in", form.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        self.form_token = re.search(r'name="_csrf" value="([^"]+)"', self.get("/admin/account")[2])[1]

    def get(self, path, **headers):
        return self.server.request("GET", path, headers={"Cookie": self.cookie, **headers})

    def post(self, path, headers=None, **fields):
        """Sends a form as a browser does from our own page; a field or header that is `None` is left out."""
        headers = {
            "Cookie": self.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
            **(headers or {}),
        }
        fields = {"_csrf": self.form_token, **fields}
        form = urllib.parse.urlencode({name: value for name, value in fields.items() if value is not None})
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.server.request("POST", path, form.encode(), sent)


class Neighbour:
    """Another server on this machine: its requests, and its answers."""

    def __init__(self, status=200, page=""):
        neighbour = self
        self.status = status
        self.page = page
        self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(neighbour.page.encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                neighbour.calls.append((dict(self.headers), body.decode()))
                self.answer(b"")

            def answer(self, body):
                self.send_response(neighbour.status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def url(self, path="/", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


#: With these a server calls webhooks on this machine.
NEIGHBOURS = {"WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8"}


def job_row(id, user="ada", kind="image", cost=8, status="PROCESSING", started=None, created=None, **more):
    """A row of an import; by default a running job has just started."""
    started = started or ago(seconds=20)
    row = {
        "id": id, "user_id": user, "kind": kind, "cost": cost, "status": status, "attempt": 1,
        "created_at": created or started, "updated_at": started,
    }
    if status == "PENDING":
        row["attempt"] = 0
    else:
        row["processing_started_at"] = started
    if status in ("COMPLETED", "FAILED", "CANCELLED"):
        row["processing_completed_at"] = started
    return {**row, **more}


# ---- The browser


class Chromium:
    """One browser for all tests."""

    _browser = None

    @classmethod
    def launched(cls):
        if cls._browser is None:
            playwright = sync_playwright().start()
            atexit.register(playwright.stop)
            cls._browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox"] if os.getuid() == 0 else [],
            )
            atexit.register(cls._browser.close)
        return cls._browser


class Watch:
    """Records errors in browsers: messages, exceptions, requests that fail, answers from 400 on."""

    def __init__(self):
        self.troubles = []
        self.answers = []
        self.expected = []
        self.ignored = []

    def attach(self, context):
        context.on("console", self._message)
        context.on("weberror", lambda error: self.troubles.append(f"exception: {error.error}"))
        context.on("requestfailed", self._failure)
        context.on("response", self._answer)

    def expect(self, status, path):
        """An expected error answer, which must arrive."""
        self.expected.append((status, path))

    def ignore(self, failure):
        """A failure that the test causes, any number of times until the browser is closed."""
        self.ignored.append(failure)

    def _message(self, message):
        # Chromium repeats the error answers here.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"{message.type} on the console: {message.text} ({message.location.get('url')})")

    def _failure(self, request):
        # Leaving a page ends its stream and its open requests.
        is_left = request.failure == "net::ERR_ABORTED" and request.resource_type in ("eventsource", "fetch", "other")
        if not is_left:
            self.troubles.append(f"{request.method} {request.url} failed: {request.failure}")

    def _answer(self, response):
        if response.status >= 400:
            self.answers.append((response.status, urllib.parse.urlsplit(response.url).path))

    def problems(self):
        others = [answer for answer in self.answers if answer not in self.expected]
        missing = [answer for answer in self.expected if answer not in self.answers]
        return (
            [trouble for trouble in self.troubles if not any(text in trouble for text in self.ignored)]
            + [f"{path} was answered with {status}" for status, path in others]
            + [f"{path} was not answered with {status}, which this test expects" for status, path in missing]
        )


class BrowserTest(unittest.TestCase):
    """Tests of one server; it is started before the first and stopped after the last."""

    maxDiff = None
    policy = None
    environment = {}
    base_path = ""
    #: Expected warnings of the server, which the tests cause.
    expected = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.policy, cls.environment, cls.base_path)
        cls.addClassCleanup(cls.server.remove)
        cls.seed()
        cls.server.start()
        cls.addClassCleanup(cls._stop)
        cls._states = {}
        cls.fill()

    @classmethod
    def seed(cls):
        """Fills the database before the server starts."""

    @classmethod
    def fill(cls):
        """Calls the API after the server has started."""

    @classmethod
    def _stop(cls):
        if problems := cls.server.stop(cls.expected):
            raise AssertionError("\n".join(problems))

    def setUp(self):
        self.watch = Watch()
        self.contexts = []
        self.scriptless = []

    def tearDown(self):
        for context in list(self.contexts):
            self.close(context)
        if problems := self.watch.problems():
            self.fail("The browser complained:\n" + "\n".join(problems))

    def close(self, context):
        for page in context.pages:
            # Pending messages of the page arrive before it is closed.
            page.evaluate("0" if context in self.scriptless else "new Promise((resolve) => setTimeout(resolve))")
        context.close()
        self.contexts.remove(context)

    def keep_evidence(self):
        """Takes a screenshot of each open page of a failed test."""
        shots.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages):
            name = shots / f"failed-{self.id().rpartition('.')[2]}-{number}"
            try:
                page.screenshot(path=f"{name}.png", full_page=True)
                Path(f"{name}.html").write_text(page.content())
            except Exception as error:  # the browser itself may be what failed
                print(f"No picture of {page.url}: {error}")

    # -- Users

    def browser(self, **options):
        """A new browser context without cookies."""
        context = Chromium.launched().new_context(
            **{"locale": "en-GB", "timezone_id": "Europe/Berlin", "viewport": {"width": 1280, "height": 900}, **options}
        )
        self.watch.attach(context)
        self.contexts.append(context)
        if options.get("java_script_enabled") is False:
            self.scriptless.append(context)
        return context

    def visitor(self, path="/admin", **options):
        """A page of a user who is not signed in; without a path it is empty."""
        page = self.browser(**options).new_page()
        if path:
            page.goto(self.server.url(path))
        return page

    def person(self, role="admin", path="/admin", **options):
        """A page of a user who signed in earlier; without a path it is empty."""
        if role not in self._states:
            page = self.newcomer(role)
            self._states[role] = page.context.storage_state()
        return self.visitor(path, storage_state=self._states[role], **options)

    def newcomer(self, role="admin", path="/admin", **options):
        """A page of a user who signs in now, with a new session."""
        page = self.visitor(path, **options)
        self.sign_in(page, self.server.tokens[role])
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        return page

    @staticmethod
    def sign_in(page, token):
        page.get_by_label("API key").fill(token)
        page.get_by_role("button", name="Sign in").click()

    def cookie(self, page):
        """The headers of this user for a request without a browser."""
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        return f"__Host-unstick={cookies['__Host-unstick']}"

    # -- The content of a page

    def path(self, page):
        """The address of a page, without the server."""
        return page.url.removeprefix(self.server.origin)

    def assert_heading(self, page, name):
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()

    def detail(self, page, name):
        """The value beside a name in a list of details."""
        return page.locator(".details > div", has=page.get_by_text(name, exact=True)).locator("dd")

    def ids(self, page):
        """The ids in the first column of a table, from the top."""
        return page.get_by_role("table").get_by_role("rowheader").locator(".id").all_inner_texts()
