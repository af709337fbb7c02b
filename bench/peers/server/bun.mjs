// Run by Bun.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    if (request.method === 'POST') return echo(request)
    return new Response('Hello, World!\n', { headers: { 'Content-Type': 'text/plain' } })
  },
})
console.log(`PORT ${server.port}`)

async function echo(request) {
  return new Response(await request.arrayBuffer(), { headers: { 'Content-Type': 'application/octet-stream' } })
}
