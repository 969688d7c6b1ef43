"""What is asked, the same of every engine, and how an answer is timed.

Q-funnel: session_start, then add_to_cart, then purchase, all within seven days of the first, in the last thirty days;
people who reached each step. Q-uniques: people with a view_item per day, ninety days.
"""

import time

STEPS = ["session_start", "add_to_cart", "purchase"]
WINDOW_DAYS = 7
FUNNEL_FROM, FUNNEL_TO = "2026-03-02", "2026-03-31"
ALL_FROM, ALL_TO = "2026-01-01", "2026-03-31"
RUNS = 6


def timed(ask):
    """Asks several times: the answer, the first time and the best of the others, in milliseconds."""
    answer, took = None, []
    for run in range(RUNS):
        begun = time.perf_counter()
        got = ask(run)
        took.append((time.perf_counter() - begun) * 1000)
        if answer is not None and got != answer:
            raise SystemExit(f"two answers to one question: {answer} and {got}")
        answer = got
    return answer, round(took[0], 1), round(min(took[1:]), 1)
