// Run by Bun.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    let length = 0
    for await (const piece of request.body) length += piece.length
    return new Response(`${length}\n`, { headers: { 'Content-Type': 'text/plain' } })
  },
})
console.log(`PORT ${server.port}`)
