// Run by Bun.
import { folder } from './files.mjs'

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request) => new Response(Bun.file(folder + new URL(request.url).pathname)),
})
console.log(`PORT ${server.port}`)
