// Stage 6: a case is an object with a test and an act, so a new idea is a new case in the list and touches no other.
import { fileURLToPath } from 'node:url'
import { serve } from '@plainwire/web-server'
import { type Case, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { portOr } from './ports.js'

const clock: Case = {
  name: 'clock',
  test: ({ path }) => path === '/time',
  act: ({ response }) => void response.end(`${new Date().toISOString()}\n`),
}

const root = process.argv[3] ?? fileURLToPath(new URL('../site', import.meta.url))
const handler = site(root, [clock, regularFile(), directoryListing()])
const server = await serve({ port: portOr(8080), handler })
console.log(server.url)
