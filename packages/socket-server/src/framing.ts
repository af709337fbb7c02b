export const name = 'socket-server framing'
