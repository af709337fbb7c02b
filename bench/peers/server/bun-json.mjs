// Run by Bun, which would add a charset to the media type by itself.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: () => Response.json({ message: 'Hello, World!' }, { headers: { 'Content-Type': 'application/json' } }),
})
console.log(`PORT ${server.port}`)
