// The welcome: asks for a name and a room, as far as the address does not say (`?name=ada#lobby`), and opens the chat.
import { find } from './message-view.js'
import { ChatPage } from './page.js'
import { roomName, roomOf } from './room-name.js'

welcome()

function welcome(): void {
  const form = find<HTMLFormElement>('welcome')
  const name = find<HTMLInputElement>('name')
  const room = find<HTMLInputElement>('room')
  const address = new URL(location.href)
  name.value = address.searchParams.get('name') ?? remembered() ?? ''
  if (address.hash.length > 1) room.value = roomOf(address)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const nick = name.value.trim()
    // The server decides what a name may be; this only spares a round trip for what no server takes.
    if (/[\s,*?!@:#&]/.test(nick) || /^[\d-]/.test(nick)) {
      find('problem').textContent = 'A name has no spaces or , * ? ! @ : # & and does not begin with a digit.'
      return
    }
    const where = roomName(room.value.trim())
    if (nick === '' || where === '') {
      find('problem').textContent = 'Both have a name, you and the room.'
      return
    }
    remember(nick)
    find('entrance').hidden = true
    find('chat').hidden = false
    new ChatPage(nick, where)
  })
  if (address.searchParams.has('name') && name.value !== '') form.requestSubmit()
  else name.focus()
}

/** Storage may be forbidden; then the name is asked for again. */
function remembered(): string | null {
  try {
    return localStorage.getItem('name')
  } catch {
    return null
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem('name', name)
  } catch {
    // asked for again next time
  }
}
