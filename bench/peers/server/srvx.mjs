import { FastResponse, serve } from 'srvx'

const server = serve({
  port: 0,
  hostname: '127.0.0.1',
  silent: true,
  fetch(request) {
    if (request.method === 'POST') return echo(request)
    return new FastResponse('Hello, World!\n', { headers: { 'Content-Type': 'text/plain' } })
  },
})
await server.ready()
console.log(`PORT ${new URL(server.url).port}`)

async function echo(request) {
  return new FastResponse(await request.arrayBuffer(), { headers: { 'Content-Type': 'application/octet-stream' } })
}
