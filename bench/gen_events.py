#!/usr/bin/env python3
"""Makes behavioural events of a shop's app: deterministic for a seed, in order of arrival, as Parquet.

People have log-normal activity, a day of sign-up and an exponential life. Sessions are walks over a table of
transitions; push and e-mail messages arrive outside sessions and some of them start one. Times are unique per person,
so that an ordered funnel has one right answer in every engine.

Columns: user_id u64, ts timestamp[ms, UTC], event, session_id u64 (0 outside), platform, country, category ('' without
an item), price f64, quantity i32, properties (JSON text of seven keys).
"""

import argparse
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DAY_MS = 86_400_000
FIRST_DAY_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
STEPS_MAX = 60

# what usually comes after what; the rest of the probability goes to FILLER, and END ends the session
NEXT = {
    "session_start": {"page_view": 0.42, "view_item": 0.16, "search": 0.14, "view_category": 0.10, "login": 0.06},
    "page_view": {"view_category": 0.22, "search": 0.20, "view_item": 0.18, "scroll": 0.16},
    "search": {"view_item": 0.46, "search": 0.12, "filter_results": 0.12},
    "filter_results": {"view_item": 0.50, "search": 0.14},
    "view_category": {"view_item": 0.48, "view_category": 0.12, "filter_results": 0.12},
    "view_item": {"view_item": 0.26, "add_to_cart": 0.15, "search": 0.10, "view_reviews": 0.09, "scroll": 0.08},
    "view_reviews": {"view_item": 0.35, "add_to_cart": 0.18},
    "add_to_cart": {"view_cart": 0.34, "view_item": 0.22, "begin_checkout": 0.20},
    "view_cart": {"begin_checkout": 0.42, "view_item": 0.16, "remove_from_cart": 0.10},
    "remove_from_cart": {"view_cart": 0.40, "view_item": 0.25},
    "begin_checkout": {"add_payment_info": 0.50, "view_cart": 0.08},
    "add_payment_info": {"purchase": 0.76, "payment_failed": 0.07},
    "payment_failed": {"add_payment_info": 0.50},
    "purchase": {"page_view": 0.20},
    "login": {"page_view": 0.50, "view_item": 0.20},
    "scroll": {},
    "video_play": {"view_item": 0.30},
    "add_to_wishlist": {"view_item": 0.45},
    "share": {},
    "logout": {},
}
FILLER = ["view_item", "page_view", "scroll", "search", "view_category", "video_play", "add_to_wishlist", "share", "logout"]
ENDS = {"session_start": 0.02, "purchase": 0.35, "payment_failed": 0.20, "logout": 0.90}
END_SHARE = 0.10
OUTSIDE = ["push_received", "push_opened", "email_sent", "email_opened", "email_clicked"]
EVENTS = list(NEXT) + OUTSIDE
CODE = {name: code for code, name in enumerate(EVENTS)}
END = len(EVENTS)
WITH_ITEM = np.isin(EVENTS, ["view_item", "add_to_cart", "remove_from_cart", "view_reviews", "purchase", "begin_checkout", "share", "add_to_wishlist"])
PLATFORMS = ["ios", "android", "web", "mweb"]
COUNTRIES = "US DE GB FR BR IN JP CA ES IT NL MX AU PL SE KR TR CH AT BE PT DK NO FI IE CZ GR RO HU NZ ZA AR CL CO TH VN ID PH SG AE".split()
CATEGORIES = "electronics fashion home beauty sports toys books grocery garden auto music office pets health jewelry outdoor".split()
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 6, 7, 6, 6, 6, 7, 8, 10, 12, 13, 11, 7, 4], float)


def transitions():
    """For each event the cumulative probabilities of what follows; the last column is the end."""
    filler = np.zeros(END + 1)
    filler[[CODE[it] for it in FILLER]] = 1 / np.arange(1, len(FILLER) + 1) ** 1.1
    filler /= filler.sum()
    table = np.zeros((len(EVENTS), END + 1))
    for name, following in NEXT.items():
        row = np.zeros(END + 1)
        row[END] = ENDS.get(name, END_SHARE)
        scale = min(1.0, (1 - row[END]) / max(sum(following.values()), 1e-9))
        for other, share in following.items():
            row[CODE[other]] += share * scale
        table[CODE[name]] = row + filler * (1 - row.sum())
    return table.cumsum(axis=1)


def scrambled(index):
    """63-bit ids that look like hashes."""
    x = index.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))) >> np.uint64(1)


class Makers:
    """The people and everything that is drawn once."""

    def __init__(self, rng, users, days):
        self.rng, self.days = rng, days
        self.ids = scrambled(np.arange(users))
        weight = rng.lognormal(0, 1.2, users).cumsum()
        self.weight = weight / weight[-1]
        self.signup = np.where(rng.random(users) < 0.55, -1.0, rng.random(users) * days)
        self.death = np.maximum(self.signup, 0) + rng.exponential(70, users)
        self.platform = np.searchsorted([0.34, 0.68, 0.88], rng.random(users))
        self.country = self.skewed(users, len(COUNTRIES), 0.9)
        self.device = self.skewed(users, 1000, 0.8)
        self.hours = (HOURS / HOURS.sum()).cumsum()
        self.level = rng.uniform(2.2, 4.8, len(CATEGORIES))
        self.next = transitions()
        models = [f"{kind}{i}" for kind in ("iPhone", "Pixel ", "Galaxy S", "Desktop ") for i in range(250)]
        self.heads = pa.array(f'{{"device_model":"{it}","os_version":"{14 + i % 5}.{i % 3}","app_version":"5.{i % 10}.{i % 3}"' for i, it in enumerate(models))
        sources = ["google", "direct", "facebook", "instagram", "newsletter", "tiktok", "bing", "affiliate"]
        sites = ["none", "google.com", "facebook.com", "news.site", "blog.site"]
        self.middles = pa.array(f',"utm_source":"{a}","referrer":"{b}","ab_variant":"{c}"' for a in sources for b in sites for c in "ABCD")
        self.tails = pa.array(f',"load_ms":{i}}}' for i in range(3000))

    def skewed(self, count, kinds, power):
        weight = (1 / np.arange(1, kinds + 1) ** power).cumsum()
        return np.searchsorted(weight / weight[-1], self.rng.random(count)).clip(0, kinds - 1)

    def time_of_day(self, count):
        hour = np.searchsorted(self.hours, self.rng.random(count)).clip(0, 23)
        return (hour * 3_600_000 + self.rng.random(count) * 3_600_000).astype(np.int64)

    def alive(self, people, day):
        return people[(self.signup[people] <= day) & (self.death[people] > day)]

    def rows(self, event, people, at, session=0, middle=None):
        rng, count = self.rng, len(people)
        code = np.broadcast_to(event, count)
        has_item = WITH_ITEM[code]
        category = np.where(has_item, self.skewed(count, len(CATEGORIES), 0.7), len(CATEGORIES))
        price = np.exp(self.level[category.clip(0, len(CATEGORIES) - 1)] + rng.standard_normal(count) * 0.6)
        return {
            "person": people,
            "at": at,
            "event": code,
            "session": np.broadcast_to(np.asarray(session, np.uint64), count),
            "category": category,
            "price": np.where(has_item, price.round(2), 0.0),
            "quantity": np.where(has_item, rng.geometric(0.7, count).clip(1, 5), 0),
            "middle": self.skewed(count, len(self.middles), 1.0) if middle is None else middle,
            "tail": rng.exponential(400, count).clip(0, 2999).astype(np.int64),
        }

    def messages(self, day, start, target):
        """Push and e-mail outside sessions; returns the rows and who comes by them, and when."""
        rng, parts, people, times = self.rng, [], [], []
        for chain, share, rates, waits in (
            (["push_received", "push_opened"], 0.085, [0.12], [2.4e6]),
            (["email_sent", "email_opened", "email_clicked"], 0.07, [0.27, 0.16], [2.16e7, 6e4]),
        ):
            who = self.alive(rng.integers(0, len(self.ids), int(target * share)), day)
            at = start + self.time_of_day(len(who))
            parts.append(self.rows(CODE[chain[0]], who, at))
            for name, rate, wait in zip(chain[1:], rates, waits):
                chosen = rng.random(len(who)) < rate
                who, at = who[chosen], at[chosen] + 2000 + rng.exponential(wait, chosen.sum()).astype(np.int64)
                parts.append(self.rows(CODE[name], who, at))
            people.append(who)
            times.append(at + rng.integers(500, 8000, len(who)))
        return parts, np.concatenate(people), np.concatenate(times)

    def sessions(self, day, start, wanted, people, times):
        rng = self.rng
        drawn = np.searchsorted(self.weight, rng.random(int(wanted * 3) + 64)).clip(0, len(self.ids) - 1)
        drawn = self.alive(drawn, day)[: max(wanted, 1)]
        people = np.concatenate([drawn, people])
        at = np.concatenate([start + self.time_of_day(len(drawn)), times])
        session = (np.uint64(day + 1) << np.uint64(32)) + np.arange(len(people), dtype=np.uint64)
        middle = self.skewed(len(people), len(self.middles), 1.0)
        event = np.zeros(len(people), np.int64)
        parts = []
        for _ in range(STEPS_MAX):
            if not len(people):
                break
            parts.append(self.rows(event, people, at.copy(), session, middle))
            following = (self.next[event] < rng.random(len(people))[:, None]).sum(axis=1).clip(0, END)
            goes_on = following != END
            people, at, session, middle, event = (it[goes_on] for it in (people, at, session, middle, following))
            at = at + 300 + rng.exponential(25_000, len(people)).astype(np.int64)
        return parts


def unique_times(person, at):
    """Moves events of one person off the same millisecond."""
    order = np.lexsort((at, person))
    while True:
        who, when = person[order], at[order]
        again = np.flatnonzero((who[1:] == who[:-1]) & (when[1:] <= when[:-1])) + 1
        if not len(again):
            return at
        at[order[again]] = when[again - 1] + 1


def table(makers, rows):
    def words(codes, names):
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(names))

    people = rows["person"]
    text = pc.binary_join_element_wise(
        makers.heads.take(pa.array(makers.device[people])),
        makers.middles.take(pa.array(rows["middle"])),
        makers.tails.take(pa.array(rows["tail"])),
        "",
    )
    return pa.table(
        {
            "user_id": makers.ids[people],
            "ts": pa.array(rows["at"]).cast(pa.timestamp("ms", "UTC")),
            "event": words(rows["event"], EVENTS),
            "session_id": rows["session"],
            "platform": words(makers.platform[people], PLATFORMS),
            "country": words(makers.country[people], COUNTRIES),
            "category": words(rows["category"], CATEGORIES + [""]),
            "price": rows["price"],
            "quantity": rows["quantity"].astype(np.int32),
            "properties": text,
        }
    )


def generate(out, events, users, days=90, seed=42):
    """Writes `events` rows to the file `out`."""
    rng = np.random.Generator(np.random.SFC64(seed))
    makers = Makers(rng, users, days)
    written, per_session, writer = 0, 9.0, None
    for day in range(days):
        start = FIRST_DAY_MS + day * DAY_MS
        target = (events - written) / (days - day)
        parts, people, times = makers.messages(day, start, target)
        sent = sum(len(it["person"]) for it in parts)
        wanted = int((target - sent) / per_session) - len(people)
        walks = makers.sessions(day, start, wanted, people, times)
        walked = sum(len(it["person"]) for it in walks)
        per_session = max(walked / max(len(walks[0]["person"]), 1), 1.0)
        rows = {key: np.concatenate([it[key] for it in parts + walks]) for key in parts[0]}
        # the last day's end is the data's end: what would reach beyond it is pulled in
        rows["at"] = unique_times(rows["person"], np.minimum(rows["at"], FIRST_DAY_MS + days * DAY_MS - 60_000))
        count = len(rows["at"])
        arrival = rows["at"] + rng.exponential(2000, count) + np.where(rng.random(count) < 0.02, rng.exponential(3.6e6, count), 0)
        order = np.argsort(arrival, kind="stable")[: events - written]
        made = table(makers, {key: it[order] for key, it in rows.items()})
        if writer is None:
            writer = pq.ParquetWriter(out, made.schema, compression="zstd", compression_level=1)
        writer.write_table(made, row_group_size=1 << 20)
        written += made.num_rows
    writer.close()
    return written


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--users", type=int, default=400_000)
    arguments.add_argument("--seed", type=int, default=42)
    arguments.add_argument("out", type=pathlib.Path)
    given = arguments.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    print(generate(given.out, given.events, given.users, seed=given.seed), "events")


if __name__ == "__main__":
    main()
