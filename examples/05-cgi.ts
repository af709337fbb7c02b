// Stage 5: programs. A script in cgi-bin is run and its output is the answer: with limits, which the chapter leaves out.
import { untilSignal } from '@plainwire/socket-server'
import { serve } from '@plainwire/web-server'
import { cgiScript, directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { giveUp, portOr, siteFolder } from './command-line.js'

const scripts = cgiScript({ folders: ['cgi-bin'], timeout: 10_000 })
const handler = site(siteFolder(), [scripts, regularFile(), directoryIndex(), directoryListing()])
const server = await serve({ port: portOr(8080), handler }).catch(giveUp)
console.log(server.url)

// Ended by close() or process.exit, it takes its scripts along; a signal that nobody awaits would leave them running.
await untilSignal()
await server.close()
