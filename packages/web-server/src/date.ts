let line = ''

/**
 * The Date field line of now, CR LF included, made once a second: it forgets itself at the second's end, so an idle
 * server runs no timer.
 * @see RFC 9110 §6.6.1
 */
export function dateLine(): string {
  if (line === '') {
    const now = new Date()
    line = `Date: ${now.toUTCString()}\r\n`
    setTimeout(forget, 1000 - now.getMilliseconds()).unref()
  }
  return line
}

function forget(): void {
  line = ''
}
