// Stage 4: an ordered list of cases. The first whose test holds answers: a file, a folder with an index page, any folder.
import { serve } from '@plainwire/web-server'
import { directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { giveUp, portOr, siteFolder } from './command-line.js'

const handler = site(siteFolder(), [regularFile(), directoryIndex(), directoryListing()])
const server = await serve({ port: portOr(8080), handler }).catch(giveUp)
console.log(server.url)
