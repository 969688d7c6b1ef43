"""Drives amplitude-analytics through its calls. Environment: HOST, WRITE_KEY, RUN."""

import json
import os
import threading
import time

from amplitude import Amplitude, BaseEvent, EventOptions, Identify, Revenue

HOST, WRITE_KEY, RUN = os.environ["HOST"], os.environ["WRITE_KEY"], os.environ["RUN"]
USER, DEVICE = f"{RUN}-user", f"{RUN}-device"
EVENTS = 4
SECONDS_MAX = 20

reports = []
all_reported = threading.Event()


def report(event, code, message=None):
    reports.append(event)
    line = {"name": event.event_type, "ok": code == 200, "code": code, "message": message}
    print(json.dumps(line), flush=True)
    if len(reports) == EVENTS:
        all_reported.set()


client = Amplitude(WRITE_KEY)
client.configuration.server_url = HOST + "/2/httpapi"
client.configuration.flush_interval_millis = 300
client.configuration.callback = report

order = {"total": 12.5, "tags": ["a", "b"]}
client.track(
    BaseEvent(
        f"{RUN} Order",
        user_id=USER,
        device_id=DEVICE,
        event_properties=order,
        insert_id=f"{RUN}-1",
        time=int(time.time() * 1000) - 5000,
        groups={"org": ["acme"]},
    )
)
client.track(BaseEvent(f"{RUN} View", device_id=DEVICE, event_properties={"page": "/"}))
identify = Identify()
identify.set("plan", "pro")
identify.set_once("first", "x")
identify.add("logins", 2)
client.identify(identify, EventOptions(user_id=USER, device_id=DEVICE))
client.revenue(Revenue(price=3.99, quantity=3, product_id="sku-1"), EventOptions(user_id=USER))
client.flush()
all_reported.wait(SECONDS_MAX)
client.shutdown()
