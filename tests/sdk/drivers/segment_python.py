"""Drives segment-analytics-python, or rudder-sdk-python (SDK=rudder), through its calls.

Environment: HOST, WRITE_KEY, RUN, SDK. The libraries tell of errors only, so a call without one is reported as
delivered once the queue is empty.
"""

import json
import os

HOST, WRITE_KEY, RUN = os.environ["HOST"], os.environ["WRITE_KEY"], os.environ["RUN"]
USER, DEVICE = f"{RUN}-user", f"{RUN}-device"
NAMES = {"track": f"{RUN} Order", "identify": "$identify", "page": "page", "screen": "screen"}

refused = {}


def on_error(error, items):
    for item in items:
        refused[item["messageId"]] = str(error)


if os.environ.get("SDK") == "rudder":
    from rudderstack.analytics import Client

    client = Client(WRITE_KEY, host=HOST, on_error=on_error, upload_interval=0.2)
else:
    from segment.analytics import Client

    client = Client(WRITE_KEY, host=HOST, on_error=on_error, upload_interval=0.2, gzip=True)

sent = [
    client.track(USER, NAMES["track"], {"revenue": 12.5}, {"ip": "203.0.113.7"}, anonymous_id=DEVICE),
    client.identify(USER, {"email": f"{RUN}@shop.test", "plan": "pro"}),
    client.page(USER, "Docs", "Home", {"url": "https://shop.test/"}),
    client.screen(USER, "Docs", "Main", {}),
]
client.flush()
client.join()
for was_queued, message in sent:
    error = refused.get(message["messageId"])
    ok = was_queued and error is None
    print(json.dumps({"name": NAMES[message["type"]], "ok": ok, "message": error}), flush=True)
