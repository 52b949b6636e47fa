/** An import that cannot go on, in words for the operator: what is wrong, in which file and line. */
export class ImportFailure extends Error {}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
