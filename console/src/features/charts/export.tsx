/** A chart's numbers taken elsewhere: a file, or the clipboard for a spreadsheet. */
import { Copy, Download } from 'lucide-react'
import { useT } from '~/i18n'
import { download, toCsv, toTsv } from '~/lib/csv'
import { Button } from '~/ui/button'
import { useToasts } from '~/ui/toast'

export type Sheet = (string | number | null)[][]

export function ExportButtons({ name, sheet }: { name: string; sheet: () => Sheet }) {
  const t = useT()
  const toasts = useToasts()
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(toTsv(sheet()))
      toasts.say(t.common.copied)
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <>
      <Button look="ghost" size="sm" onPress={() => void copy()}>
        <Copy size={14} aria-hidden />
        {t.common.copy}
      </Button>
      <Button look="ghost" size="sm" onPress={() => download(`${name}.csv`, toCsv(sheet()), 'text/csv')}>
        <Download size={14} aria-hidden />
        CSV
      </Button>
    </>
  )
}
