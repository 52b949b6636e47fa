/**
 * An id that nobody else takes, and that rises with the time, as those of parley-client. Pages over plain
 * http have no `crypto.randomUUID`.
 */
export function newId(): string {
  return `${Date.now()}${Math.random()}`;
}
