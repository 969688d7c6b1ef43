"""Waits until a demonstration has loaded its data. Arguments: address, API key, process id of the server."""

import json
import os
import sys
import time
import urllib.request

SECONDS_MAX = 180
# orders, cancellations and profiles of the data set
EVENTS_LEAST = 26_000

url, key, pid = sys.argv[1], sys.argv[2], int(sys.argv[3])
request = urllib.request.Request(url + "/api/v1/status", headers={"Authorization": "Bearer " + key})
until = time.monotonic() + SECONDS_MAX
last = "no answer"
while time.monotonic() < until:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        sys.exit("the server ended before it was ready")
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=5) as ready, urllib.request.urlopen(
            request, timeout=5
        ) as answer:
            last = json.load(answer)
            if ready.status == 200 and last["events"] >= EVENTS_LEAST:
                sys.exit(0)
    except OSError as error:
        last = str(error)
    time.sleep(0.5)
sys.exit(f"not ready after {SECONDS_MAX} s: {last}")
