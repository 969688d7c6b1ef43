/** Tables as files that spreadsheet programs open in Korea too: UTF-8 with a byte order mark. */

const quote = (value: string | number | null) => {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return `\uFEFF${rows.map(row => row.map(quote).join(',')).join('\r\n')}\r\n`
}

export function download(name: string, text: string, type: string) {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

/** For pasting into a spreadsheet: tabs between cells, none inside them. */
export function toTsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows
    .map(row => row.map(it => (it === null ? '' : String(it).replace(/[\t\r\n]+/g, ' '))).join('\t'))
    .join('\n')
}
