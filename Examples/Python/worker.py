"""A worker over HTTP. UNSTICK_URL, UNSTICK_TOKEN (role worker); the kinds of job it works on are its arguments."""

import json, os, signal, sys, threading, urllib.error, urllib.parse, urllib.request


def call(path, **body):
    headers = {"Authorization": "Bearer " + os.environ["UNSTICK_TOKEN"], "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["UNSTICK_URL"] + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def work(job, lost):
    """Your work: check lost.is_set() now and then, and raise to fail."""
    print("working on", job["id"], job["payload"], flush=True)


def beat(path, attempt, done, lost):
    while not done.wait(10):
        try:
            call(path + "heartbeat", attempt=attempt)
        except urllib.error.HTTPError as error:
            if error.code == 409:  # Another worker has the attempt, or it is over: stop wasting money.
                return lost.set()


stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
while not stopping.is_set():
    for job in call("/api/jobs/claim", kinds=sys.argv[1:], worker=os.uname().nodename, waitSeconds=10)["jobs"]:
        path, attempt = "/api/jobs/" + urllib.parse.quote(job["id"], safe="") + "/", job["attempt"]
        done, lost = threading.Event(), threading.Event()
        threading.Thread(target=beat, args=(path, attempt, done, lost), daemon=True).start()
        try:
            try:
                work(job, lost)
                call(path + "complete", attempt=attempt)
            except urllib.error.HTTPError:
                raise
            except Exception as error:
                # At most 2,000 bytes, without NUL or half of a surrogate pair: any other text is refused.
                text = (str(error) or type(error).__name__).encode(errors="replace").replace(b"\0", b"?")
                call(path + "fail", attempt=attempt, message=text[:2000].decode(errors="ignore"), retryable=True)
        except urllib.error.HTTPError as error:
            if error.code != 409:  # Timed out, cancelled or claimed by another worker: nothing is left to do.
                raise
        finally:
            done.set()
