import { serve } from '@plainwire/web-server'
import { FastResponse } from '@plainwire/web-server/fetch'

const server = await serve({
  port: 0,
  // No peer closes a connection for having been used much.
  maxRequestsPerConnection: 0,
  backlog: 4096,
  fetch(request) {
    if (request.method === 'POST') return echo(request)
    return new FastResponse('Hello, World!\n', { headers: { 'Content-Type': 'text/plain' } })
  },
})
console.log(`PORT ${server.port}`)

async function echo(request) {
  const content = await request.bytes()
  return new FastResponse(content, { headers: { 'Content-Type': 'application/octet-stream' } })
}
