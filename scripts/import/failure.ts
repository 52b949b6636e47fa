/** An import that cannot go on, in words for the operator: what is wrong, in which file and line. */
export class ImportFailure extends Error {}

/** The message of whatever was thrown, with its cause: `fetch` says only there what has failed. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
