export const name = 'web-server site'
