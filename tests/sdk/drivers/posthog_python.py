"""Drives posthog through its calls. Environment: HOST, WRITE_KEY, RUN."""

import json
import os

from posthog import Posthog

HOST, WRITE_KEY, RUN = os.environ["HOST"], os.environ["WRITE_KEY"], os.environ["RUN"]
USER = f"{RUN}-user"
NAMES = [f"{RUN} Order", f"{RUN} Anonymous", "$set", "$set_once", "$create_alias", "$groupidentify"]

errors = []
client = Posthog(
    WRITE_KEY,
    host=HOST,
    flush_at=20,
    flush_interval=0.3,
    gzip=os.environ.get("GZIP") == "1",
    on_error=lambda error, items: errors.append(repr(error)),
)
flags = client.get_all_flags(USER)
if flags:
    errors.append(f"flags that nobody made: {flags}")
client.capture(
    f"{RUN} Order",
    distinct_id=USER,
    properties={"total": 12.5},
    groups={"company": "acme"},
)
# without a person: the library makes an id up
client.capture(f"{RUN} Anonymous", properties={"x": 1})
client.set(distinct_id=USER, properties={"plan": "pro", "email": f"{RUN}@shop.test"})
client.set_once(distinct_id=USER, properties={"first": "x"})
client.alias(previous_id=f"{RUN}-device", distinct_id=USER)
client.group_identify("company", "acme", {"employees": 50})
client.flush()
client.shutdown()
for name in NAMES:
    print(json.dumps({"name": name, "ok": not errors, "message": errors[:1]}), flush=True)
