/** English. */
import { analysis } from './analysis'
import { audience } from './audience'
import { engage } from './engage'
import { explore } from './explore'
import { general } from './general'
import { imports } from './imports'
import { options } from './options'
import { plan } from './plan'
import { sources } from './sources'

export const en = {
  ...general,
  ...analysis,
  ...explore,
  ...audience,
  ...engage,
  ...imports,
  ...options,
  ...plan,
  ...sources,
}

/** What every catalog must have, to the letter; a missing key does not compile. */
export type Messages = typeof en
