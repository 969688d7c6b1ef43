/** A failed call as the console knows it: the server's problem document, or no answer at all. */

export interface FieldProblem {
  pointer?: string
  detail: string
  line?: number
  column?: number
}

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: FieldProblem[]
  readonly requestId: string | null

  constructor(
    status: number,
    code: string,
    title: string,
    detail: string,
    errors: FieldProblem[],
    requestId: string | null,
  ) {
    super(title)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
    this.requestId = requestId
  }

  /** The first complaint about the field at `pointer` or below it. */
  at(pointer: string): FieldProblem | undefined {
    return this.errors.find(it => it.pointer === pointer || it.pointer?.startsWith(`${pointer}/`))
  }
}

/** Nothing came back: the server is away or the network is. */
export const UNREACHABLE = 'unreachable'

export function unreachable(cause: unknown): Problem {
  return new Problem(0, UNREACHABLE, 'The server does not answer', String(cause), [], null)
}

/** Reads an `application/problem+json` body; anything else keeps its status. */
export function toProblem(status: number, body: unknown): Problem {
  const it = (body !== null && typeof body === 'object' ? body : {}) as Record<string, unknown>
  const text = (key: string) => (typeof it[key] === 'string' ? (it[key] as string) : '')
  const errors = Array.isArray(it.errors) ? (it.errors as FieldProblem[]) : []
  return new Problem(
    status,
    text('code') || `http-${status}`,
    text('title') || `HTTP ${status}`,
    text('detail') || (typeof body === 'string' ? body.slice(0, 500) : ''),
    errors,
    text('request_id') || null,
  )
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const message = error instanceof Error ? error.message : String(error)
  return new Problem(0, 'console', message, '', [], null)
}
