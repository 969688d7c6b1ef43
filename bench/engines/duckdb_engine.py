"""DuckDB: a table sorted by event and time, ASOF joins for the funnel."""

import time

import duckdb

from . import questions as q

NAME = "DuckDB"


class Engine:
    def __init__(self, folder):
        self.db = duckdb.connect(str(folder / "duck.db"))
        self.db.execute("set threads = 2; set timezone = 'UTC'")

    def load(self, parquet):
        begun = time.perf_counter()
        self.db.execute(
            f"""create or replace table events as select user_id, epoch_ms(ts) as ms, event::varchar as event, session_id,
            platform::varchar as platform, country::varchar as country, category::varchar as category, price, quantity, properties
            from '{parquet}' order by event, ms"""
        )
        self.db.execute("checkpoint")
        return time.perf_counter() - begun

    def funnel(self, _run):
        first, second, third = q.STEPS
        window = q.WINDOW_DAYS * 86_400_000
        rows = self.db.execute(
            f"""with e as (select user_id, ms, event from events
                where ms >= epoch_ms(timestamp '{q.FUNNEL_FROM}') and ms < epoch_ms(timestamp '{q.FUNNEL_TO}' + interval 1 day)),
            s as (select user_id, ms from e where event = '{first}'),
            a as (select a.user_id, a.ms, s.ms as start from (select user_id, ms from e where event = '{second}') a
                asof join s on a.user_id = s.user_id and a.ms >= s.ms),
            p as (select p.user_id, p.ms, a.start from (select user_id, ms from e where event = '{third}') p
                asof join a on p.user_id = a.user_id and p.ms >= a.ms)
            select (select count(distinct user_id) from s),
                (select count(distinct user_id) from a where ms - start <= {window}),
                (select count(distinct user_id) from p where ms - start <= {window})"""
        ).fetchone()
        return list(rows)

    def daily_uniques(self, _run):
        rows = self.db.execute(
            "select ms // 86400000 as day, count(distinct user_id) from events where event = 'view_item' group by 1 order by 1"
        ).fetchall()
        return [count for _, count in rows]
