/** Round numbers for an axis. */

/** Ticks from zero (or below) to at least `high`, about `count` of them, at 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count = 4): number[] {
  const top = high <= low ? low + 1 : high
  const rough = (top - Math.min(low, 0)) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(it => it * power).find(it => it >= rough) ?? rough
  const first = Math.floor(Math.min(low, 0) / step)
  const last = Math.ceil(top / step)
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** Which of `count` labels fit when each needs `need` of `width` pixels; the last one is always among them. */
export function labelEvery(count: number, width: number, need: number): number {
  if (count < 2) return 1
  const fitting = Math.max(1, Math.floor(width / need))
  return Math.max(1, Math.ceil(count / fitting))
}
