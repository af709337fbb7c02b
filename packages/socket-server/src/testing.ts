export const name = 'socket-server testing'
