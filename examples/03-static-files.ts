// Stage 3: files below a folder; whatever is not there gets the error page. Nothing outside the folder is reachable.
import { fileURLToPath } from 'node:url'
import { serve } from '@plainwire/web-server'
import { regularFile, site } from '@plainwire/web-server/site'
import { portOr } from './ports.js'

const root = process.argv[3] ?? fileURLToPath(new URL('../site', import.meta.url))
const server = await serve({ port: portOr(8080), handler: site(root, [regularFile()]) })
console.log(`${server.url}/index.html`)
