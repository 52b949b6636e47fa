/**
 * A `client_msg_id` or another name that nobody else takes. The server indexes them: names that rise with the
 * time lie on the same pages. Pages over plain http and React Native have no `crypto.randomUUID`.
 */
export function newId(): string {
  return `${Date.now()}${Math.random()}`;
}
