/** Keeps a campaign's draft on the server while it is written. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { campaignQuery, campaignsQuery, createCampaign, saveCampaign } from '~/api/campaigns'
import { asProblem, type Problem } from '~/api/problem'
import type { Campaign } from '~/api/types'
import { canSave, type EditorState, toDraft } from '~/lib/campaign-draft'
import { canonical } from '~/lib/canonical'

const IDLE_MS = 800

export type SaveState = 'saved' | 'saving' | 'unsaved' | 'incomplete' | 'failed'

interface DraftOptions {
  state: EditorState
  campaign?: Campaign
  onBorn?: (id: string) => void
}

export function useDraft({ state, campaign, onBorn }: DraftOptions) {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [id, setId] = useState(campaign?.id ?? null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [isSaving, setSaving] = useState(false)
  const wanted = canonical(toDraft(state, campaign))
  const [kept, setKept] = useState(campaign ? wanted : null)
  const latest = useRef({ state, id, campaign, kept })
  latest.current = { state, id, campaign, kept }
  // Saves follow one another: a slow one must not overwrite a later one.
  const queue = useRef<Promise<string | null>>(Promise.resolve(null))

  const save = useCallback((): Promise<string | null> => {
    const run = async (): Promise<string | null> => {
      const now = latest.current
      if (!canSave(now.state)) return null
      const draft = toDraft(now.state, now.campaign)
      const text = canonical(draft)
      if (now.id !== null && text === now.kept) return now.id
      setSaving(true)
      try {
        const saved = now.id === null ? await createCampaign(draft) : await saveCampaign(now.id, draft)
        const known = saved?.id ?? now.id
        latest.current = { ...latest.current, id: known, kept: text }
        setKept(text)
        setProblem(null)
        if (now.id === null && known !== null) {
          setId(known)
          onBorn?.(known)
          await navigate({
            to: '/campaigns/$id/edit',
            params: { id: known },
            search: it => ({ step: it.step }),
            replace: true,
            resetScroll: false,
          })
        }
        if (known !== null)
          queryClient.removeQueries({ queryKey: campaignQuery(known).queryKey, exact: true })
        void queryClient.invalidateQueries({ queryKey: campaignsQuery.queryKey, exact: true })
        return known
      } catch (error) {
        setProblem(asProblem(error))
        throw error
      } finally {
        setSaving(false)
      }
    }
    const next = queue.current.catch(() => null).then(run)
    queue.current = next
    return next
  }, [navigate, onBorn, queryClient])

  const isTouched = useRef(false)
  const first = useRef(wanted)
  if (wanted !== first.current) isTouched.current = true
  useEffect(() => {
    void wanted
    if (!isTouched.current) return
    const timer = window.setTimeout(() => {
      save().catch(() => {
        // Shown beside the title; the next change tries again.
      })
    }, IDLE_MS)
    return () => window.clearTimeout(timer)
  }, [wanted, save])

  useEffect(() => {
    const keep = () => {
      if (document.visibilityState === 'hidden' && isTouched.current) save().catch(() => {})
    }
    document.addEventListener('visibilitychange', keep)
    return () => document.removeEventListener('visibilitychange', keep)
  }, [save])

  const saveState: SaveState = isSaving
    ? 'saving'
    : problem
      ? 'failed'
      : wanted === kept
        ? 'saved'
        : canSave(state)
          ? 'unsaved'
          : 'incomplete'
  return { id, save, saveState, problem }
}
