/** Paths as columns of nodes with bands between them: where each stands, in pixels. */
import type { Cell, PathsShape } from '~/api/types'

/** What is not an event: the end of a path, and events beyond those shown. */
export const EXIT = '(exit)'
export const OTHER = '(other)'

export interface FlowNode {
  key: string
  position: number
  name: string
  count: Cell
  value: number
  /** Share of its column, which is everything that came so far. */
  share: number
  x: number
  y: number
  height: number
}

export interface FlowLink {
  key: string
  from: FlowNode
  to: FlowNode
  count: Cell
  value: number
  /** Middle of the band at either end. */
  y0: number
  y1: number
  width: number
}

export interface Flow {
  positions: number[]
  nodes: FlowNode[]
  links: FlowLink[]
  width: number
  height: number
}

export interface FlowSize {
  /** Of the whole drawing, where the columns fit into it. */
  width: number
  /** Of the tallest column's bands. */
  height: number
  nodeWidth: number
  /** Least distance between columns. */
  columnMin: number
  /** Least height of a node with its words. */
  slotMin: number
  gap: number
}

const keyOf = (position: unknown, name: unknown) => `${String(position)} ${String(name)}`

/** Events by size; what is no event stands below them. */
const rank = (name: string) => (name === EXIT ? 2 : name === OTHER ? 1 : 0)

export function layOutFlow(shape: PathsShape, size: FlowSize): Flow {
  const columns = new Map<number, FlowNode[]>()
  for (const { position, name, count } of shape.nodes) {
    const value = count.value ?? 0
    const node = { key: keyOf(position, name), position, name, count, value, share: 0, x: 0, y: 0, height: 0 }
    columns.set(position, [...(columns.get(position) ?? []), node])
  }
  const positions = [...columns.keys()].sort((a, b) => a - b)
  const sums = positions.map(it => (columns.get(it) ?? []).reduce((sum, node) => sum + node.value, 0))
  const scale = size.height / Math.max(1, ...sums)
  const step = Math.max(
    size.columnMin,
    positions.length > 1 ? (size.width - size.columnMin) / (positions.length - 1) : 0,
  )
  let height = 0
  for (const [index, position] of positions.entries()) {
    const column = columns.get(position) ?? []
    column.sort((a, b) => rank(a.name) - rank(b.name) || b.value - a.value)
    let y = 0
    for (const node of column) {
      node.x = index * step
      node.y = y
      node.height = Math.max(node.value * scale, 2)
      node.share = (sums[index] ?? 0) > 0 ? node.value / (sums[index] ?? 1) : 0
      y += Math.max(node.height, size.slotMin) + size.gap
    }
    height = Math.max(height, y)
  }
  const nodes = positions.flatMap(it => columns.get(it) ?? [])
  return {
    positions,
    nodes,
    links: layOutLinks(shape, nodes, scale),
    width: Math.max(size.width, (positions.length - 1) * step + size.columnMin),
    height,
  }
}

/** Bands leave and enter each node in the order of what is at their other end, so that few cross. */
function layOutLinks(shape: PathsShape, nodes: FlowNode[], scale: number): FlowLink[] {
  const byKey = new Map(nodes.map(it => [it.key, it]))
  const links = shape.links.flatMap((it): FlowLink[] => {
    const from = byKey.get(keyOf(it.from[0], it.from[1]))
    const to = byKey.get(keyOf(it.to[0], it.to[1]))
    if (!from || !to) return []
    const value = it.count.value ?? 0
    const width = Math.max(value * scale, 1)
    return [{ key: `${from.key} ${to.key}`, from, to, count: it.count, value, y0: 0, y1: 0, width }]
  })
  for (const node of nodes) {
    let [left, right] = [node.y, node.y]
    const out = links.filter(it => it.from === node).sort((a, b) => a.to.y - b.to.y)
    for (const it of out) {
      it.y0 = right + it.width / 2
      right += it.width
    }
    const into = links.filter(it => it.to === node).sort((a, b) => a.from.y - b.from.y)
    for (const it of into) {
      it.y1 = left + it.width / 2
      left += it.width
    }
  }
  return links
}

/** The event of a node: an event split by a property reads `Product Viewed: shoes`. */
export function eventOfNode(name: string, expanded: readonly string[]): string {
  return expanded.find(it => name.startsWith(`${it}: `)) ?? name
}
