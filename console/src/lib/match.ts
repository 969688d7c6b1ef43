/** Type-ahead matching that knows Hangul initials: ㅈㅁ finds 주문. */

const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ']

function initialsOf(text: string): string {
  let out = ''
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    out += code >= 0xac00 && code <= 0xd7a3 ? (INITIALS[Math.floor((code - 0xac00) / 588)] ?? letter) : letter
  }
  return out
}

/** Every word of `query` occurs in `text`, in any order, as written or as Hangul initials. */
export function matches(text: string, query: string): boolean {
  const plain = text.toLocaleLowerCase()
  const initials = initialsOf(plain)
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every(word => plain.includes(word) || (/^[ㄱ-ㅎ]+$/.test(word) && initials.includes(word)))
}
