/** What may stand in a log line: ids, counts, codes. Never a message's text, a token, a password. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** One structured line for one event. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}

/** What a log says of a thrown value: its name and message, the cause's too. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { error: error.name, message: error.message, cause, stack: error.stack };
}
