/** Paths as bands between columns of events; an event opens a menu, a band its people. */
import { ChevronDown } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import type { PathsShape } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { useInspect } from '~/inspect/inspect'
import { EXIT, type FlowLink, type FlowNode, layOutFlow, OTHER } from '~/lib/sankey'
import { cx } from '~/ui/cx'
import { type Action, Menu } from '~/ui/menu'
import { Scroll } from '~/ui/scroll'
import { rowColor } from '../rows'

interface FlowChartProps {
  shape: PathsShape
  /** What else can be done with an event. */
  actionsOf: (name: string) => Action[]
  nodeName: (name: string) => string
  positionName: (position: number) => string
}

const SIZE = { height: 300, nodeWidth: 10, columnMin: 150, slotMin: 36, gap: 10 }
const HEAD = 28

export function FlowChart({ shape, actionsOf, nodeName, positionName }: FlowChartProps) {
  const t = useT()
  const format = useFormat()
  const inspect = useInspect()
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [lit, setLit] = useState<string | null>(null)
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const flow = layOutFlow(shape, { ...SIZE, width })
  const colors = colorsOf(flow.nodes)
  const isLit = (it: FlowLink) => lit === null || lit === it.key || lit === it.from.key || lit === it.to.key
  const columns = flow.positions.map(it => flow.nodes.find(node => node.position === it)?.x ?? 0)
  // A label ends where the next column's bar begins.
  const labelWidth = (columns[1] ?? SIZE.columnMin) - SIZE.nodeWidth - 14
  return (
    <div ref={frame} className="px-4 pt-1 pb-4">
      <Scroll label={t.explore.kindNames.paths} className="overflow-x-auto pb-2">
        {width > 0 && (
          <div className="relative" style={{ width: flow.width, height: flow.height + HEAD }}>
            <svg
              width={flow.width}
              height={flow.height + HEAD}
              aria-hidden="true"
              className="absolute inset-0 block"
            >
              {flow.positions.map((position, index) => (
                <text key={position} x={columns[index]} y={14} fontSize={12} fill="var(--ink3)">
                  {positionName(position)}
                </text>
              ))}
              <g transform={`translate(0 ${HEAD})`}>
                {flow.links.map(it => (
                  // biome-ignore lint/a11y/noStaticElementInteractions: the table below has the same for the keyboard
                  <path
                    key={it.key}
                    d={band(it)}
                    fill="none"
                    stroke={it.to.name === EXIT ? 'var(--c0)' : (colors.get(it.from.name) ?? 'var(--c0)')}
                    strokeWidth={it.width}
                    strokeOpacity={isLit(it) ? (it.to.name === EXIT ? 0.22 : 0.38) : 0.08}
                    className="cursor-pointer hover:[stroke-opacity:0.65]"
                    onPointerEnter={() => setLit(it.key)}
                    onPointerLeave={() => setLit(null)}
                    onClick={() => {
                      const title = t.explore.linkTitle(nodeName(it.from.name), nodeName(it.to.name))
                      if (it.count.cell && it.value) {
                        inspect({
                          cell: it.count.cell,
                          title,
                          detail: positionName(it.to.position),
                          name: title,
                        })
                      }
                    }}
                  >
                    <title>
                      {t.explore.linkTitle(nodeName(it.from.name), nodeName(it.to.name))}:{' '}
                      {format.number(it.value)}
                    </title>
                  </path>
                ))}
                {flow.nodes.map(it => (
                  <rect
                    key={it.key}
                    x={it.x}
                    y={it.y}
                    width={SIZE.nodeWidth}
                    height={it.height}
                    rx={2}
                    fill={colors.get(it.name) ?? 'var(--c0)'}
                  />
                ))}
              </g>
            </svg>
            <ol>
              {flow.nodes.map(it => (
                <li
                  key={it.key}
                  className="absolute"
                  style={{
                    left: it.x + SIZE.nodeWidth + 4,
                    top: it.y + HEAD - 1,
                    width: labelWidth,
                  }}
                  onPointerEnter={() => setLit(it.key)}
                  onPointerLeave={() => setLit(null)}
                >
                  <NodeMenu
                    node={it}
                    name={nodeName(it.name)}
                    step={positionName(it.position)}
                    actions={actionsOf(it.name)}
                  />
                </li>
              ))}
            </ol>
          </div>
        )}
      </Scroll>
    </div>
  )
}

/** One colour per event wherever it stands; what is no event is grey. */
function colorsOf(nodes: readonly FlowNode[]): Map<string, string> {
  const names = [...new Set(nodes.map(it => it.name))].filter(it => it !== EXIT && it !== OTHER)
  return new Map(names.map((it, index) => [it, rowColor(index)]))
}

function band({ from, to, y0, y1 }: FlowLink): string {
  const [x0, x1] = [from.x + SIZE.nodeWidth, to.x]
  const bend = (x1 - x0) / 2
  return `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`
}

interface NodeMenuProps {
  node: FlowNode
  name: string
  step: string
  actions: Action[]
}

function NodeMenu({ node, name, step, actions }: NodeMenuProps) {
  const t = useT()
  const format = useFormat()
  const inspect = useInspect()
  const { cell } = node.count
  const [n, share] = [format.number(node.value), format.percent(node.share)]
  const title = t.explore.nodeTitle(step, name)
  const people: Action[] =
    cell && node.value
      ? [
          {
            id: 'people',
            label: t.explore.people,
            onAction: () => inspect({ cell, title: name, detail: step, name: title }),
          },
        ]
      : []
  const all = [...people, ...actions]
  const isEvent = node.name !== EXIT && node.name !== OTHER
  return (
    <Menu
      trigger={
        <AriaButton
          aria-label={`${step}: ${t.explore.nodeLabel(name, n, share)}`}
          isDisabled={all.length === 0}
          className="group max-w-full rounded bg-surface/85 px-1 text-left text-xs leading-4 hover:bg-sunken"
        >
          <span className="flex items-center gap-0.5">
            <span className={cx('truncate', isEvent ? 'font-medium text-ink' : 'text-ink3')} title={name}>
              {name}
            </span>
            <ChevronDown size={11} aria-hidden className="shrink-0 text-ink3" />
          </span>
          <span className="block text-ink2 tabular-nums">
            {n} <span className="text-ink3">· {share}</span>
          </span>
        </AriaButton>
      }
      actions={all}
    />
  )
}
