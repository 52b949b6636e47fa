import { AsyncLocalStorage } from "node:async_hooks";

/** The fields of a log line: ids, counts, codes. Never the text of a message, a token or a password. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

const shared = new AsyncLocalStorage<LogFields>();

/** Writes one event as one line of JSON. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ level, event, ...fields, ...shared.getStore() }));
}

/**
 * Runs `work`. Every line that it logs, also after it awaited something or in work that it left running, has
 * `fields`. Calls of other objects do not carry them.
 */
export function withLogFields<Value>(fields: LogFields, work: () => Value): Value {
  return shared.run(fields, work);
}

/** The log fields of a thrown value: name, message and stack, and the message of its cause. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { error: error.name, message: error.message, cause, stack: error.stack };
}
