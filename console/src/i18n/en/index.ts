/** English. */
import { analysis } from './analysis'
import { audience } from './audience'
import { engage } from './engage'
import { explore } from './explore'
import { general } from './general'
import { options } from './options'

export const en = { ...general, ...analysis, ...explore, ...audience, ...engage, ...options }

/** What every catalog must have, to the letter; a missing key does not compile. */
export type Messages = typeof en
