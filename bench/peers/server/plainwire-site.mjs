import { serve } from '@plainwire/web-server'
import { cgiScript, directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { folder } from './files.mjs'

const cases = [cgiScript(), regularFile(), directoryIndex(), directoryListing()]
// No peer says how its files are to be cached.
const handler = site(folder, cases, { cacheControl: '' })
// No peer closes a connection for having been used much.
const server = await serve({ port: 0, maxRequestsPerConnection: 0, backlog: 4096, handler })
console.log(`PORT ${server.port}`)
