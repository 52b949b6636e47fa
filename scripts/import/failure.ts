/** An import that cannot go on, in words for the operator: the flaw, with its file and line. */
export class ImportFailure extends Error {}

/** The message of a thrown value, with its cause: `fetch` names the failure only there. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
