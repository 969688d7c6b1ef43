"""ClickHouse, embedded: a MergeTree ordered by event, person and time; windowFunnel."""

import json
import time

from chdb.session import Session

from . import questions as q

NAME = "ClickHouse"


class Engine:
    def __init__(self, folder):
        self.session = Session(str(folder / "clickhouse"))

    def run(self, sql):
        return self.session.query(sql + " settings max_threads = 2", "JSONCompact")

    def load(self, parquet):
        self.session.query("create database if not exists bench")
        self.session.query("drop table if exists bench.events")
        self.session.query(
            """create table bench.events (user_id UInt64 codec(Delta, LZ4), ts DateTime64(3, 'UTC') codec(Delta, LZ4),
            event LowCardinality(String), session_id UInt64, platform LowCardinality(String), country LowCardinality(String),
            category LowCardinality(String), price Float64, quantity Int32, properties String codec(ZSTD(1)))
            engine = MergeTree partition by toYYYYMM(ts) order by (event, cityHash64(user_id), ts)"""
        )
        begun = time.perf_counter()
        self.session.query(f"insert into bench.events select * from file('{parquet}', Parquet) settings max_threads = 2")
        self.session.query("optimize table bench.events final")
        return time.perf_counter() - begun

    def funnel(self, _run):
        conditions = ", ".join(f"event = '{it}'" for it in q.STEPS)
        names = ", ".join(f"'{it}'" for it in q.STEPS)
        window = q.WINDOW_DAYS * 86_400_000
        answer = self.run(
            f"""select countIf(depth >= 1), countIf(depth >= 2), countIf(depth >= 3) from (
            select windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(ts)), {conditions}) as depth from bench.events
            where event in ({names}) and ts >= '{q.FUNNEL_FROM}' and ts < toDate('{q.FUNNEL_TO}') + 1 group by user_id)"""
        )
        return [int(it) for it in json.loads(str(answer))["data"][0]]

    def daily_uniques(self, _run):
        answer = self.run(
            "select toDate(ts) as day, uniqExact(user_id) from bench.events where event = 'view_item' group by day order by day"
        )
        return [int(row[1]) for row in json.loads(str(answer))["data"]]
