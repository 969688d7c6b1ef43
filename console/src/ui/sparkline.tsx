/** A line without axes, for the shape of a number over time. */
interface SparklineProps {
  values: readonly number[]
  /** One sentence that says what the line shows. */
  label: string
  width?: number
  height?: number
  className?: string
  /** The last value is still growing; its stretch is dashed. */
  isOpenEnded?: boolean
}

export function Sparkline({
  values,
  label,
  width = 120,
  height = 32,
  className,
  isOpenEnded,
}: SparklineProps) {
  if (values.length < 2) return null
  const low = Math.min(...values, 0)
  const high = Math.max(...values, low + 1)
  const x = (index: number) => 2 + (index / (values.length - 1)) * (width - 4)
  const y = (value: number) => height - 3 - ((value - low) / (high - low)) * (height - 6)
  const points = values.map((it, index) => `${x(index).toFixed(1)},${y(it).toFixed(1)}`)
  const line = points.join(' ')
  const solid = isOpenEnded ? points.slice(0, -1) : points
  const pen = {
    fill: 'none',
    stroke: 'var(--c1)',
    strokeWidth: 1.5,
    strokeLinejoin: 'round',
    strokeLinecap: 'round',
    vectorEffect: 'non-scaling-stroke',
  } as const
  const last = values.at(-1) ?? 0
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={className}
      width={width}
      height={height}
    >
      <polygon points={`2,${height} ${line} ${width - 2},${height}`} fill="var(--c1)" opacity={0.1} />
      <polyline points={solid.join(' ')} {...pen} />
      {isOpenEnded && <polyline points={points.slice(-2).join(' ')} {...pen} strokeDasharray="2 3" />}
      <circle cx={x(values.length - 1)} cy={y(last)} r={2.5} fill="var(--c1)" />
    </svg>
  )
}
