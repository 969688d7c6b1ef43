/** The part of `subset-font` that is used here; the package brings no types. */
declare module 'subset-font' {
  interface Options {
    targetFormat: 'woff2'
    /** OpenType features that stay. */
    keepFeatures: readonly string[]
    /** Weights that stay. */
    variationAxes: { wght: { min: number; max: number } }
    /** Entries of the name table that stay: who made it, under which licence. */
    preserveNameIds: readonly number[]
    noHinting: boolean
  }
  export default function subsetFont(font: Buffer, text: string, options: Options): Promise<Buffer>
}
