import { channel } from 'node:diagnostics_channel'

/**
 * What happens, for whoever subscribes by `node:diagnostics_channel`; nobody subscribed costs one look each.
 *
 * | channel | message |
 * | --- | --- |
 * | `plainwire.web.request.start` | `{ request, response }` before the handler is called |
 * | `plainwire.web.response.head` | `{ request, response }` when the final head is written |
 * | `plainwire.web.request.end` | `Exchange`: the answer is over, whole or cut off |
 * | `plainwire.web.request.refused` | `Exchange`: bad syntax, a limit, a deadline or an expectation; no handler was asked |
 * | `plainwire.web.timeout` | `{ connection, deadline }`: a deadline ended a request or a connection |
 */
export const events = {
  start: channel('plainwire.web.request.start'),
  head: channel('plainwire.web.response.head'),
  end: channel('plainwire.web.request.end'),
  refused: channel('plainwire.web.request.refused'),
  timeout: channel('plainwire.web.timeout'),
} as const
