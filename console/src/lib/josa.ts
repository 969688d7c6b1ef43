/** Korean particles chosen by how a word ends: 코호트를, 캠페인을, 서울로. */

/** Whether the digit's Korean name ends in a consonant: 영 일 이 삼 사 오 육 칠 팔 구. */
const DIGIT_FINAL = [true, true, false, true, false, false, true, true, true, false]
/** Digits whose name ends in ㄹ: 일, 칠, 팔. */
const DIGIT_RIEUL = ['1', '7', '8']

function ending(word: string): { final: boolean; rieul: boolean } {
  const bare = word.replace(/[)\]"'”’.\s]+$/u, '')
  const last = [...bare].at(-1) ?? ''
  const code = last.codePointAt(0) ?? 0
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28
    return { final: final !== 0, rieul: final === 8 }
  }
  if (/\d/.test(last)) return { final: DIGIT_FINAL[Number(last)] ?? false, rieul: DIGIT_RIEUL.includes(last) }
  // Latin words are read aloud: l, m, n and ng close a syllable, the other letters rarely do.
  if (/[lmn]/i.test(last) || /ng$/i.test(bare)) return { final: true, rieul: /l/i.test(last) }
  return { final: false, rieul: false }
}

export type Particle = '을/를' | '이/가' | '은/는' | '과/와' | '으로/로' | '이에요/예요'

/** The word followed by the particle that fits it. */
export function josa(word: string, particle: Particle): string {
  const [closed, open] = particle.split('/') as [string, string]
  const { final, rieul } = ending(word)
  const useClosed = particle === '으로/로' ? final && !rieul : final
  return word + (useClosed ? closed : open)
}
