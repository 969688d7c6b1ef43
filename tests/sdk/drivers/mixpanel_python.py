"""Drives mixpanel through its calls. Environment: HOST, WRITE_KEY, RUN."""

import json
import os
import time

from mixpanel import BufferedConsumer, Consumer, Mixpanel

HOST, WRITE_KEY, RUN = os.environ["HOST"], os.environ["WRITE_KEY"], os.environ["RUN"]
USER = f"{RUN}-user"
URLS = {
    "events_url": HOST + "/track",
    "people_url": HOST + "/engage",
    "import_url": HOST + "/import",
    "groups_url": HOST + "/groups",
}


def report(names, call):
    message = None
    try:
        call()
    except Exception as error:  # whatever it is, the library was not content
        message = repr(error)
    for name in names:
        print(json.dumps({"name": name, "ok": message is None, "message": message}), flush=True)


client = Mixpanel(WRITE_KEY, consumer=Consumer(**URLS))
buffer = BufferedConsumer(**URLS)
buffered = Mixpanel(WRITE_KEY, consumer=buffer)
hour_ago = int(time.time()) - 3600

order = {"total": 12.5, "$device_id": f"{RUN}-device"}
report([f"{RUN} Order"], lambda: client.track(USER, f"{RUN} Order", order))
report([f"{RUN} Old"], lambda: client.import_data("key", USER, f"{RUN} Old", hour_ago, api_secret="secret"))
report(["$identify"], lambda: client.people_set(USER, {"plan": "pro", "$email": f"{RUN}@shop.test"}))
report(["$identify"], lambda: client.people_increment(USER, {"logins": 2}))
report(["$identify"], lambda: client.people_union(USER, {"tags": ["a", "b"]}))
report(["$groupidentify"], lambda: client.group_set("company", "acme", {"employees": 50}))
report(["$merge"], lambda: client.merge("key", USER, f"{RUN}-other-device", api_secret="secret"))
buffered.track(USER, f"{RUN} View")
buffered.track(USER, f"{RUN} Click")
report([f"{RUN} View", f"{RUN} Click"], buffer.flush)
