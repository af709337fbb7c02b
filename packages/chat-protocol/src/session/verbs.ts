import { channelVerbs } from './channel-verbs.js'
import { connectionVerbs } from './connection-verbs.js'
import { useHelpTexts } from './help.js'
import { messageVerbs } from './message-verbs.js'
import { peopleVerbs } from './people-verbs.js'
import { serverVerbs } from './server-verbs.js'
import type { Verb } from './verb.js'

/** Every command clients may send, by its name in upper case. */
export const verbs: ReadonlyMap<string, Verb> = new Map(
  Object.entries({ ...connectionVerbs, ...channelVerbs, ...messageVerbs, ...peopleVerbs, ...serverVerbs }),
)

const helpTexts = new Map([...verbs].map(([name, { help }]) => [name, help]))
useHelpTexts(() => helpTexts)
