/** Imports of files and tables, and the lookup tables they fill. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { canonical } from '~/lib/canonical'
import type { ImportMap } from '~/lib/import-map'
import { ask, upload } from './client'
import type { components } from './schema'
import type { Json, JsonObject } from './types'

type Schemas = components['schemas']

export type ImportInto = Schemas['ImportInto']
export const IMPORT_FORMATS = [
  'auto',
  'csv',
  'ndjson',
  'parquet',
  'amplitude',
  'mixpanel',
  'posthog',
  'segment',
] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]
export type ImportState = Schemas['ImportState']

export type S3Source = Required<Schemas['ImportObjects']>
export type ImportSource = { file: string } | { s3: S3Source }
export type UploadedFile = Schemas['UploadedFile']
export type Import = Omit<Schemas['Import'], 'into'> & { into: ImportInto }

export interface ImportQuestion {
  source: ImportSource
  format: ImportFormat
  into: ImportInto
  map: ImportMap | null
}

export type ImportColumn = Omit<Schemas['ImportColumn'], 'samples'> & { samples: Json[] }

/** Rows and events are any JSON; the description has no word for that. */
export type ImportPreview = Omit<Schemas['ImportPreview'], 'columns' | 'map' | 'rows' | 'events'> & {
  columns: ImportColumn[]
  map: ImportMap | null
  rows: JsonObject[]
  events: JsonObject[]
}

export interface ImportWrite extends ImportQuestion {
  name: string
  lookup: { name: string; key: string } | null
}

export type Lookup = Schemas['Lookup']

const ROOT = '/api/v1/imports'
const FIRST = undefined as string | undefined
const RUNNING_MS = 1_000

export const isUnderWay = (it: Pick<Import, 'state'>) => it.state === 'waiting' || it.state === 'running'

export const importsQuery = infiniteQueryOptions({
  queryKey: ['imports'],
  queryFn: ({ pageParam, signal }) =>
    ask<{ imports: Import[]; next?: string | null }>('GET', ROOT, { query: { cursor: pageParam }, signal }),
  initialPageParam: FIRST,
  getNextPageParam: last => last.next ?? undefined,
  // A list with something under way keeps up with it.
  refetchInterval: query =>
    query.state.data?.pages.some(page => page.imports.some(isUnderWay)) ? RUNNING_MS : false,
})

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', id],
    queryFn: ({ signal }) => ask<Import>('GET', `${ROOT}/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: query => (query.state.data && isUnderWay(query.state.data) ? RUNNING_MS : false),
  })

export const uploadFile = (file: File, onProgress: (share: number) => void, signal: AbortSignal) =>
  upload<UploadedFile>(`${ROOT}/files?name=${encodeURIComponent(file.name)}`, file, onProgress, signal)

export const previewQuery = (question: ImportQuestion) =>
  queryOptions({
    queryKey: ['imports', 'preview', canonical(question)],
    queryFn: ({ signal }) => ask<ImportPreview>('POST', `${ROOT}/preview`, { body: question, signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    // The question may hold a secret key: it goes from memory with the page.
    gcTime: 0,
  })

export const createImport = (body: ImportWrite) => ask<Import>('POST', ROOT, { body })
export const cancelImport = (id: string) => ask<Import>('POST', `${ROOT}/${encodeURIComponent(id)}/cancel`)
export const resumeImport = (id: string) => ask<Import>('POST', `${ROOT}/${encodeURIComponent(id)}/resume`)
/** Rows that were refused, one JSON object per line with its reason. */
export const rejectsPath = (id: string) => `${ROOT}/${encodeURIComponent(id)}/rejects`

export const lookupsQuery = queryOptions({
  queryKey: ['lookups'],
  queryFn: async ({ signal }) =>
    (await ask<{ lookups: Lookup[] }>('GET', '/api/v1/lookups', { signal })).lookups,
})

const lookupPath = (name: string) => `/api/v1/lookups/${encodeURIComponent(name)}`

export const lookupQuery = (name: string) =>
  queryOptions({
    queryKey: ['lookups', name],
    queryFn: ({ signal }) => ask<Lookup>('GET', lookupPath(name), { signal }),
  })

export const lookupRowsQuery = (name: string, key: string) =>
  infiniteQueryOptions({
    queryKey: ['lookups', name, 'rows', key],
    queryFn: ({ pageParam, signal }) =>
      ask<{ rows: JsonObject[]; next?: string | null }>('GET', `${lookupPath(name)}/rows`, {
        query: { limit: 50, cursor: pageParam, key },
        signal,
      }),
    initialPageParam: FIRST,
    getNextPageParam: last => last.next ?? undefined,
  })

export const deleteLookup = (name: string) => ask<void>('DELETE', lookupPath(name))
