/** Paths in numbers: every move from step to step, and the most frequent ways as a whole. */
import { ArrowRight } from 'lucide-react'
import type { PathsShape } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton } from '~/inspect/inspect'
import { funnelLink } from '~/lib/charts'
import { EXIT, eventOfNode, OTHER } from '~/lib/sankey'
import { LinkButton } from '~/ui/button'
import { Table, Td, Th, Tr } from '~/ui/table'

interface TableProps {
  shape: PathsShape
  nodeName: (name: string) => string
}

interface LinksTableProps extends TableProps {
  positionName: (position: number) => string
}

export function LinksTable({ shape, nodeName, positionName }: LinksTableProps) {
  const t = useT()
  const format = useFormat()
  const counts = new Map(shape.nodes.map(it => [`${it.position} ${it.name}`, it.count.value ?? 0]))
  return (
    <Table label={t.explore.links}>
      <thead>
        <tr>
          <Th>{t.charts.step}</Th>
          <Th>{t.explore.from}</Th>
          <Th>{t.explore.to}</Th>
          <Th right>{t.charts.total}</Th>
          <Th right>{t.explore.share}</Th>
        </tr>
      </thead>
      <tbody>
        {shape.links.map(it => {
          const [position, from] = [Number(it.from[0]), String(it.from[1])]
          const to = String(it.to[1])
          const title = t.explore.linkTitle(nodeName(from), nodeName(to))
          const whole = counts.get(`${position} ${from}`) ?? 0
          return (
            <Tr key={`${position} ${from} ${to}`}>
              <Td muted className="whitespace-nowrap">
                {positionName(position)}
              </Td>
              <Td>{nodeName(from)}</Td>
              <Td muted={to === EXIT || to === OTHER}>{nodeName(to)}</Td>
              <Td right>
                <CellButton cell={it.count} title={title} detail={positionName(position)} name={title}>
                  {format.number(it.count.value)}
                </CellButton>
              </Td>
              <Td right muted>
                {whole > 0 ? format.percent((it.count.value ?? 0) / whole) : '–'}
              </Td>
            </Tr>
          )
        })}
      </tbody>
    </Table>
  )
}

interface TopPathsProps extends TableProps {
  /** Events split by a property. */
  expanded: string[]
}

export function TopPaths({ shape, nodeName, expanded }: TopPathsProps) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.explore.topPaths}>
      <thead>
        <tr>
          <Th>{t.explore.path}</Th>
          <Th right>{t.charts.total}</Th>
          <Th />
        </tr>
      </thead>
      <tbody>
        {shape.top_paths.map(it => {
          const said = it.names.map(nodeName)
          const steps = it.names
            .filter(name => name !== EXIT && name !== OTHER)
            .map(name => ({ event: eventOfNode(name, expanded) }))
          return (
            <Tr key={it.names.join('\n')}>
              <Td className="min-w-64">
                <span className="flex flex-wrap items-center gap-x-1.5 gap-y-0.5">
                  {said.map((name, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a path may pass the same event twice
                    <span key={index} className="inline-flex items-center gap-1.5">
                      {index > 0 && <ArrowRight size={12} aria-hidden className="shrink-0 text-ink3" />}
                      {name}
                    </span>
                  ))}
                </span>
              </Td>
              <Td right>
                <CellButton
                  cell={it.count}
                  title={t.explore.path}
                  detail={said.join(' → ')}
                  name={said.slice(0, 3).join(' → ')}
                >
                  {format.number(it.count.value)}
                </CellButton>
              </Td>
              <Td right>
                {steps.length > 1 && (
                  <LinkButton
                    look="ghost"
                    size="sm"
                    to="/explore/funnel"
                    search={{ q: funnelLink({ steps }) }}
                    aria-label={`${t.explore.asFunnel}: ${said.join(', ')}`}
                  >
                    {t.explore.asFunnel}
                  </LinkButton>
                )}
              </Td>
            </Tr>
          )
        })}
      </tbody>
    </Table>
  )
}
