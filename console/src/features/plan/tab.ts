/** What the parts of the tracking plan share: they live in the address. */
export interface TabProps {
  search: string
  event?: string
  onChange: (part: { search?: string; event?: string; status?: string; tab?: string }) => void
}
