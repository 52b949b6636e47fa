/** Whether an upload may go on later: no answer, too many calls, a fault of the server or of a proxy. */
export function isTemporary(error: unknown): boolean {
  const { status } = Object(error);
  return status === 0 || status === 429 || status >= 500;
}
