// Stage 6: a case is an object with a test and an act, so a new idea is a new case in the list and touches no other.
import { serve } from '@plainwire/web-server'
import { type Case, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { giveUp, portOr, siteFolder } from './command-line.js'

const clock: Case = {
  name: 'clock',
  test: ({ path }) => path === '/time',
  act: ({ response }) => void response.end(`${new Date().toISOString()}\n`),
}

const handler = site(siteFolder(), [clock, regularFile(), directoryListing()])
const server = await serve({ port: portOr(8080), handler }).catch(giveUp)
console.log(server.url)
