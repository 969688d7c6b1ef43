/** Type-ahead matching that knows Hangul: ㅈㅁ finds 주문, and so does 줌, which one passes through while typing 주문. */

const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ']
const VOWELS = 'ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ'.split(' ')
const FINALS =
  ' ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ'.split(
    ' ',
  )
const FIRST = 0xac00
const LAST = 0xd7a3

/** `text` with each syllable replaced by what `spell` makes of its consonants and vowel. */
function spelled(text: string, spell: (initial: string, vowel: string, final: string) => string): string {
  let out = ''
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    if (code < FIRST || code > LAST) out += letter
    else {
      const place = code - FIRST
      const initial = INITIALS[Math.floor(place / 588)] ?? ''
      const vowel = VOWELS[Math.floor((place % 588) / 28)] ?? ''
      out += spell(initial, vowel, FINALS[place % 28] ?? '')
    }
  }
  return out
}

const initialsOf = (text: string) => spelled(text, initial => initial)
const keysOf = (text: string) => spelled(text, (initial, vowel, final) => initial + vowel + final)

/** How a name answers what was typed; the first is the best. */
const GRADES = ['exact', 'start', 'word', 'part', 'hangul'] as const
export type Grade = (typeof GRADES)[number]

function gradeOf(plain: string, word: string): Grade | null {
  if (plain === word) return 'exact'
  if (plain.startsWith(word)) return 'start'
  const at = plain.indexOf(word)
  if (at > 0) return /[\p{L}\p{N}]/u.test(plain[at - 1] ?? '') ? 'part' : 'word'
  if (!/[ㄱ-ㅣ가-힣]/.test(word)) return null
  if (/^[ㄱ-ㅎ]+$/.test(word) && initialsOf(plain).includes(word)) return 'hangul'
  return keysOf(plain).includes(keysOf(word)) ? 'hangul' : null
}

const worse = (a: Grade, b: Grade): Grade => (GRADES.indexOf(a) > GRADES.indexOf(b) ? a : b)

/** The grade of the word of `query` that fits `text` least; `null` when one does not occur at all. */
export function gradeMatch(text: string, query: string): Grade | null {
  const plain = text.toLocaleLowerCase()
  const whole = query.trim().toLocaleLowerCase()
  const direct = gradeOf(plain, whole)
  if (direct !== null) return direct
  let grade: Grade = 'exact'
  for (const word of whole.split(/\s+/)) {
    const own = gradeOf(plain, word)
    if (own === null) return null
    grade = worse(grade, own)
  }
  return grade
}

/** Every word of `query` occurs in `text`, in any order, as written or as Hangul being typed. */
export const matches = (text: string, query: string): boolean => gradeMatch(text, query) !== null

/** For sorting: the better match first. */
export const gradeOrder = (grade: Grade): number => GRADES.indexOf(grade)
