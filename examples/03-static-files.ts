// Stage 3: files below a folder; whatever is not there gets the error page. Nothing outside the folder is reachable.
import { serve } from '@plainwire/web-server'
import { regularFile, site } from '@plainwire/web-server/site'
import { giveUp, portOr, siteFolder } from './command-line.js'

const server = await serve({ port: portOr(8080), handler: site(siteFolder(), [regularFile()]) }).catch(giveUp)
console.log(`${server.url}/index.html`)
