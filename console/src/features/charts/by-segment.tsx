/** Charts that answer one shape per group of people: which of them is shown. */
import { type ReactNode, useState } from 'react'
import { useT } from '~/i18n'
import { Segmented, Select } from '~/ui/select'

type Named<S> = S & { name?: string }

/** The shapes of an answer, one without a name where nobody is compared. */
export function shapesOf<S extends object>(result: S | { segments: (S & { name: string })[] }): Named<S>[] {
  return 'segments' in result ? result.segments : [result]
}

interface BySegmentProps<S extends object> {
  shapes: Named<S>[]
  children: (shape: Named<S>, choice: ReactNode) => ReactNode
}

const SIDE_BY_SIDE_MAX = 3

export function BySegment<S extends object>({ shapes, children }: BySegmentProps<S>) {
  const t = useT()
  const [chosen, setChosen] = useState('')
  const shown = shapes.find(it => it.name === chosen) ?? shapes[0]
  if (!shown) return null
  const options = shapes.map(it => ({ id: it.name ?? '', label: it.name ?? '' }))
  const isShort = options.length <= SIDE_BY_SIDE_MAX && options.every(it => it.label.length < 16)
  const field = { label: t.explore.segment, value: shown.name ?? '', onChange: setChosen, options }
  const choice =
    shapes.length < 2 ? null : isShort ? (
      <Segmented {...field} />
    ) : (
      <Select {...field} hideLabel className="max-w-72" />
    )
  return children(shown, choice)
}
