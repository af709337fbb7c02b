// Run by Deno.
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`PORT ${port}`) }, async (request) => {
  let length = 0
  for await (const piece of request.body) length += piece.length
  return new Response(`${length}\n`, { headers: { 'Content-Type': 'text/plain' } })
})
