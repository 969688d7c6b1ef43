/** Korean. */
import type { Messages } from '../en'
import { analysis } from './analysis'
import { audience } from './audience'
import { engage } from './engage'
import { explore } from './explore'
import { general } from './general'
import { options } from './options'

export const ko: Messages = { ...general, ...analysis, ...explore, ...audience, ...engage, ...options }
