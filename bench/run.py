#!/usr/bin/env python3
"""Compares Gyre with ClickHouse and DuckDB on one machine in one run, and measures Gyre's ingestion.

Every engine gets the same events, two threads, and the same two questions; the answers must agree. ClickHouse and
DuckDB run inside this process, Gyre is asked over HTTP. Results: a table on standard output and bench/results/.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time

import duckdb

import gen_events
from engines import clickhouse_engine, duckdb_engine, gyre_engine, questions

HERE = pathlib.Path(__file__).resolve().parent
VISIBLE_TIMES = 20


def as_lines(parquet, ndjson):
    """The events as Gyre's lines of JSON."""
    duckdb.execute(
        f"""copy (select event::varchar as event, 'b' || row_number() over () as insert_id, user_id::varchar as user_id,
        strftime(ts at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') as time, nullif(session_id, 0)::bigint as session_id,
        {{'platform': platform::varchar, 'country': country::varchar}} as context,
        json_merge_patch(properties::json, json_object('category', nullif(category::varchar, ''),
            'price', nullif(price, 0), 'quantity', nullif(quantity, 0))) as properties
        from '{parquet}') to '{ndjson}' (format json, compression zstd)"""
    )


def events_of(folder, count, users):
    folder.mkdir(parents=True, exist_ok=True)
    parquet, ndjson = folder / f"{count}.parquet", folder / f"{count}.ndjson.zst"
    if not parquet.exists():
        print(f"generating {count} events", file=sys.stderr)
        part = parquet.with_suffix(".part")
        gen_events.generate(part, count, users)
        part.rename(parquet)
    if not ndjson.exists():
        part = folder / "part.ndjson.zst"
        as_lines(parquet, part)
        part.rename(ndjson)
    return parquet, ndjson


def measure(engine, loaded):
    result = {"load_seconds": round(loaded, 1)}
    for name in ("funnel", "daily_uniques"):
        answer, first, best = questions.timed(getattr(engine, name))
        result[name] = {"first_ms": first, "best_ms": best, "answer": answer}
        print(f"  {name}: {best} ms", file=sys.stderr)
    return result


def ratio(results, key):
    """Gyre's time over the faster peer's."""
    peers = [results[name][key]["best_ms"] for name in (clickhouse_engine.NAME, duckdb_engine.NAME)]
    return round(results[gyre_engine.NAME][key]["best_ms"] / min(peers), 2)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--seconds", type=int, default=10, help="length of each ingestion run")
    arguments.add_argument("--binary", default=str(HERE.parent / "target/release/gyre"))
    given = arguments.parse_args()

    parquet, ndjson = events_of(HERE / "data", given.events, max(given.events // 25, 1000))
    rows = duckdb.execute(f"select count(*) from '{parquet}'").fetchone()[0]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gyre-bench-"))
    results = {}
    try:
        for module in (duckdb_engine, clickhouse_engine):
            print(module.NAME, file=sys.stderr)
            engine = module.Engine(folder)
            results[module.NAME] = measure(engine, engine.load(parquet))
            del engine
        print(gyre_engine.NAME, file=sys.stderr)
        gyre = gyre_engine.Engine(folder, given.binary)
        durable, visible = gyre.load(ndjson, rows)
        results[gyre_engine.NAME] = {**measure(gyre, visible), "durable_seconds": round(durable, 1)}
        results["visible_ms"] = gyre.visible_ms(VISIBLE_TIMES)
        results["ingest"] = [
            gyre.ingest(connections, events, given.seconds)
            for events, connections in ((1, 64), (1, 256), (100, 64), (100, 256))
        ]
        gyre.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    engines = (gyre_engine.NAME, clickhouse_engine.NAME, duckdb_engine.NAME)
    for key in ("funnel", "daily_uniques"):
        answers = {name: results[name][key]["answer"] for name in engines}
        if len({json.dumps(it) for it in answers.values()}) != 1:
            raise SystemExit(f"the engines disagree on {key}: {answers}")
    report(results, engines, rows)

    results["ratio"] = {key: ratio(results, key) for key in ("funnel", "daily_uniques")}
    results["machine"] = {"cores": os.cpu_count(), "processor": platform.processor() or platform.machine()}
    results["events"] = rows
    out = HERE / "results" / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten to {out}")


def report(results, engines, rows):
    print(f"\n{rows:,} events, two threads; best of {questions.RUNS - 1} warm runs, milliseconds\n")
    print(f"{'':28}" + "".join(f"{it:>12}" for it in engines) + f"{'ratio':>9}")
    for key, label in (("funnel", "funnel, 3 steps, 30 days"), ("daily_uniques", "daily uniques, 90 days")):
        times = "".join(f"{results[it][key]['best_ms']:>12}" for it in engines)
        print(f"{label:28}{times}{ratio(results, key):>9}")
    times = "".join(f"{results[it]['load_seconds']:>12}" for it in engines)
    print(f"{'load, seconds':28}{times}")
    print("\nratio: Gyre's time over the faster peer's. Gyre loads over HTTP, the peers from Parquet.\n")
    for it in results["ingest"]:
        label = f"{it['events_per_request']} events/request, {it['connections']} connections"
        print(f"{label:40}{it['events_per_second']:>12,.0f} durable events/s, p99 {it['latency_ms']['p99']} ms")
    seen = results["visible_ms"]
    print(f"{'acknowledged to visible in a chart':40}{seen['p50']:>12} ms median, {seen['max']} ms at most")


if __name__ == "__main__":
    main()
