// Stage 5: programs. A script in cgi-bin is run and its output is the answer: with limits, which the chapter leaves out.
import { fileURLToPath } from 'node:url'
import { serve } from '@plainwire/web-server'
import { cgiScript, directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'

const root = process.argv[3] ?? fileURLToPath(new URL('../site', import.meta.url))
const scripts = cgiScript({ folders: ['cgi-bin'], timeout: 10_000 })
const handler = site(root, [scripts, regularFile(), directoryIndex(), directoryListing()])
const server = await serve({ port: Number(process.argv[2] ?? 8080), handler })
console.log(server.url)
