/** Eight steps of a heat map. */

export const HEAT_STEPS = 8

/** The value that fills the scale: the 95th percentile, so that one odd cell does not pale the others. */
export function heatTop(values: readonly (number | null)[]): number {
  const known = values.filter(it => it !== null && it > 0).sort((a, b) => (a ?? 0) - (b ?? 0))
  return known[Math.min(known.length - 1, Math.floor(known.length * 0.95))] ?? 0
}

/** 1 to 8, in equal steps up to `top`; 0 for nothing. */
export function heatStep(value: number | null, top: number): number {
  if (value === null || value <= 0 || top <= 0) return 0
  return Math.min(HEAT_STEPS, Math.max(1, Math.ceil((value / top) * HEAT_STEPS)))
}
