// Stage 4: an ordered list of cases. The first whose test holds answers: a file, a folder with an index page, any folder.
import { fileURLToPath } from 'node:url'
import { serve } from '@plainwire/web-server'
import { directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { portOr } from './ports.js'

const root = process.argv[3] ?? fileURLToPath(new URL('../site', import.meta.url))
const handler = site(root, [regularFile(), directoryIndex(), directoryListing()])
const server = await serve({ port: portOr(8080), handler })
console.log(server.url)
