export const name = 'web-server fetch'
