export const name = 'socket-server index'
