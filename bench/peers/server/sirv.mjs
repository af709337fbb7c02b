// In its production mode, which looks at the disk once, when it starts.
import { createServer } from 'node:http'
import sirv from 'sirv'
import { folder } from './files.mjs'

const server = createServer(sirv(folder, { dev: false, etag: true }))
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => console.log(`PORT ${server.address().port}`))
