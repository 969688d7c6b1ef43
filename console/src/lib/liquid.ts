/** Personalisation tokens of a message, in the spelling of the template language. */

/** Properties with a name of their own in templates: `{{${first_name}}}`. */
export const RESERVED = [
  'email',
  'phone',
  'first_name',
  'last_name',
  'language',
  'time_zone',
  'country',
  'city',
  'gender',
  'date_of_birth',
] as const

const isReserved = (name: string) => (RESERVED as readonly string[]).includes(name)

/** The token that prints a person's property, or `fallback` where there is none. */
export function token(name: string, fallback: string): string {
  const value = isReserved(name) ? `\${${name}}` : `custom_attribute.\${${name}}`
  const quoted = fallback.includes("'") ? `"${fallback.replaceAll('"', '')}"` : `'${fallback}'`
  return fallback === '' ? `{{${value}}}` : `{{${value} | default: ${quoted}}}`
}
