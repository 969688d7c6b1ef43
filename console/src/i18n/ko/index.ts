/** Korean. */
import type { Messages } from '../en'
import { analysis } from './analysis'
import { audience } from './audience'
import { engage } from './engage'
import { explore } from './explore'
import { general } from './general'
import { imports } from './imports'
import { options } from './options'
import { plan } from './plan'
import { sources } from './sources'

export const ko: Messages = {
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
