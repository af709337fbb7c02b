export const name = 'web-server index'
