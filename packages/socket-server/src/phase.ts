/** How far our half of a connection has come; it only grows. */
export type Phase = number

/** It takes writes. */
export const OPEN = 0
/** closeWrite: the socket ends when the queue is empty. */
export const ENDING = 1
/** close: as ENDING, and input is thrown away. */
export const CLOSING = 2
/** finish: the socket is destroyed when the queue is empty. */
export const FINISHING = 3
/** Lost or destroyed; the socket is about to say that it has closed. */
export const DESTROYED = 4
/** The socket has closed. */
export const OVER = 5
/** Over for us; the socket lives on with somebody else. */
export const DETACHED = 6
