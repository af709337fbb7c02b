export const name = 'web-server websocket'
