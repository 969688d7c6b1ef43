"""Gyre: the built binary, loaded and asked over HTTP as any client does."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import questions as q

NAME = "Gyre"
API_KEY, WRITE_KEY = "bench-api-key", "bench-write-key"
READY_SECONDS_MAX = 120
INDEXED_SECONDS_MAX = 1800


class Engine:
    def __init__(self, folder, binary):
        self.binary = binary
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{self.host}"
        self.log = open(folder / "gyre.log", "w")
        self.server = subprocess.Popen(
            [binary, "serve", "--listen", self.host, "--data", str(folder / "gyre")],
            env={**os.environ, "GYRE_API_KEY": API_KEY, "GYRE_WRITE_KEY": WRITE_KEY},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.until("the server", self.is_ready, READY_SECONDS_MAX)

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(120)
        self.log.close()

    def until(self, what, holds, seconds):
        end = time.monotonic() + seconds
        while not holds():
            if self.server.poll() is not None:
                raise SystemExit(f"gyre ended, see {self.log.name}")
            if time.monotonic() > end:
                raise SystemExit(f"waited {seconds} s in vain for {what}")
            time.sleep(0.05)

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, path, body=None, key=API_KEY):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path} answered {error.code}: {error.read().decode()}") from None

    def load(self, ndjson, events):
        """Seconds until everything is on disk, and until everything is in the charts."""
        begun = time.perf_counter()
        subprocess.run(
            [self.binary, "import", "--format", "ndjson", "--url", self.url, "--write-key", WRITE_KEY, str(ndjson)],
            check=True,
        )
        durable = time.perf_counter() - begun
        self.until("the index", lambda: self.ask("/api/v1/status")["events"] >= events, INDEXED_SECONDS_MAX)
        return durable, time.perf_counter() - begun

    def funnel(self, run):
        # the label differs, so that no answer comes from the result cache
        steps = [{"event": name, "label": f"{name} {run}"} for name in q.STEPS]
        answer = self.ask(
            "/api/v1/query",
            {
                "kind": "funnel",
                "range": {"from": q.FUNNEL_FROM, "to": q.FUNNEL_TO},
                "timezone": "UTC",
                "steps": steps,
                "window": {"n": q.WINDOW_DAYS, "unit": "day"},
            },
        )
        self.refuse_cached(answer)
        return [step["reached"]["value"] for step in answer["result"]["rows"][0]["steps"]]

    def daily_uniques(self, run):
        answer = self.ask(
            "/api/v1/query",
            {
                "kind": "segmentation",
                "range": {"from": q.ALL_FROM, "to": q.ALL_TO},
                "timezone": "UTC",
                "interval": "day",
                "series": [{"name": f"A{run}", "select": {"event": "view_item"}, "measure": "people"}],
            },
        )
        self.refuse_cached(answer)
        return [point["value"] for point in answer["result"]["series"][0]["points"]]

    def refuse_cached(self, answer):
        if answer["stats"].get("cached"):
            raise SystemExit("the answer came from the result cache: the question must differ")

    def ingest(self, connections, events_per_request, seconds):
        """Durable events per second by the command's own load generator."""
        done = subprocess.run(
            [self.binary, "bench-load", "--host", self.host, "--write-key", WRITE_KEY]
            + ["--connections", str(connections), "--events-per-request", str(events_per_request)]
            + ["--seconds", str(seconds)],
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)

    def visible_ms(self, times):
        """Milliseconds from the acknowledgement of an event until a chart counts it."""
        took = []
        for number in range(times):
            name = f"seen-{time.time_ns()}"
            self.ask("/v1/events", [{"event": name, "user_id": f"seen-{number}", "insert_id": name}], WRITE_KEY)
            begun = time.perf_counter()
            self.until(name, lambda name=name: self.count(name) == 1, 60)
            took.append((time.perf_counter() - begun) * 1000)
        took.sort()
        return {"p50": round(took[len(took) // 2], 1), "max": round(took[-1], 1)}

    def count(self, event):
        answer = self.ask(
            "/api/v1/query",
            {
                "kind": "segmentation",
                "range": {"last": 2, "unit": "day"},
                "timezone": "UTC",
                "series": [{"name": "A", "select": {"event": event}, "measure": "events"}],
            },
        )
        return answer["result"]["series"][0]["total"]["value"]
