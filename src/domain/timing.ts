import { CONVERSATION_VALUES } from "./timing/conversations.ts";
import { INBOX_VALUES } from "./timing/inboxes.ts";
import { OBJECT_VALUES } from "./timing/objects.ts";
import { WORKER_VALUES } from "./timing/worker.ts";

/**
 * Every cooldown, timeout, backoff, lease and lifetime of the server, and the thresholds that two objects
 * share. Units are in the names: `Ms`, `S`. Counts and sizes that clients see are in `limits.ts`, the choices
 * of an operator in `settings.ts`. `test/unit/pure/timing.test.ts` states how values depend on each other.
 */
const VALUES = { ...OBJECT_VALUES, ...CONVERSATION_VALUES, ...INBOX_VALUES, ...WORKER_VALUES };

/** Values by mechanism. Code reads a value at each use, as tests change values while objects live. */
export type Timing = { readonly [Group in keyof typeof VALUES]: Readonly<(typeof VALUES)[Group]> };

/** The product's values. Only `src/index.ts` imports them; all other code is handed a `Timing`. */
export const TIMING: Timing = VALUES;
