// Run by Deno.
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`PORT ${port}`) }, () =>
  Response.json({ message: 'Hello, World!' }),
)
