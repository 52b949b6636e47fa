import { CoreError, invalid } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import {
  type Gate,
  type Hook,
  HookId,
  MAX_HOOKS,
  newHookId,
  newHookSecret,
  SENDING,
} from "../../domain/server/hook.ts";
import { addressFlaw } from "../../lib/outgoing/address.ts";
import { isoTime } from "../../lib/stored-time.ts";
import { signedHeaders } from "../../object/hooks/signature.ts";
import {
  deleteHook,
  findHook,
  findHookTarget,
  insertHook,
  type ListedFailure,
  listHookFailures,
  listHooks,
  rotateHookSecret,
  updateHook,
} from "../../storage/server/hooks.ts";
import { findConversationIds } from "../../storage/server/server-conversations.ts";
import type { Core } from "../context.ts";
import { callHook } from "./hook-calls.ts";

/** What a backend states of a hook. */
export interface HookInput extends Pick<Hook, "url" | "events"> {
  /** null: all, and users */
  conversations: ConversationRef[] | null;
}

/** What a backend states of a hook that is asked. */
export interface GateSettings {
  timeoutMs: number | undefined;
  onFailure: Gate["onFailure"] | undefined;
}

const DEFAULT_GATE: Gate = { timeoutMs: 1_000, onFailure: "allow" };

/** The failed deliveries that a list has. */
const LISTED = 100;

/**
 * Makes a hook. What happens from now on is told, in a small deployment from before this resolves on.
 * @throws `validation_failed` for an address that may not be called, and for unknown conversations;
 *   `conflict` if there are 20 hooks, or one that is asked and this one would be, too
 */
export async function createHook(
  core: Core,
  { url, events, conversations: refs }: HookInput,
  asked: GateSettings,
): Promise<{ hook: Hook; secret: string }> {
  requireAddress(core, url);
  const gate = gateOf({ events }, asked);
  const conversations = refs && (await idsOf(core, refs));
  const secret = newHookSecret();
  const made = { url, events, conversations, gate, id: newHookId(), createdAt: Date.now() };
  if (!(await insertHook(core.db, { ...made, secret }, MAX_HOOKS))) {
    const isFull = (await listHooks(core.db)).length >= MAX_HOOKS;
    const what = isFull ? `are ${MAX_HOOKS} hooks` : "is a hook that is asked before messages";
    throw new CoreError("conflict", `There ${what} already: delete one.`);
  }
  await core.hooks.cover(made.id, { since: made.createdAt, isReplay: false });
  return { hook: { ...made, state: "active", lastSuccessAt: null }, secret };
}

/** All hooks, the newest first. */
export function allHooks(core: Core): Promise<Hook[]> {
  return listHooks(core.db);
}

/** @throws `not_found` */
export async function hookOf(core: Core, id: string): Promise<Hook> {
  const hookId = HookId.safeParse(id).data;
  const found = hookId && (await findHook(core.db, hookId));
  if (!found) throw noHook();
  return found;
}

/**
 * Changes a hook. A hook that is made active goes on where it was.
 * @throws `not_found`, `validation_failed`
 */
export async function changeHook(
  core: Core,
  id: string,
  { conversations: refs, ...change }: Partial<HookInput> & { state?: "active" },
  asked: GateSettings,
): Promise<Hook> {
  const hook = await hookOf(core, id);
  if (change.url !== undefined) requireAddress(core, change.url);
  const named = refs && (await idsOf(core, refs));
  const merged = { ...hook, ...change, ...(named !== undefined && { conversations: named }) };
  const gate = gateOf(merged, asked, hook.gate ?? DEFAULT_GATE);
  if ((gate === null) !== (hook.gate === null))
    throw invalid("body.events", "a hook that is asked before messages stays one, and no other becomes one");
  const changed = { ...merged, gate };
  const { url, events, conversations, state } = changed;
  const isRevived = hook.state !== "active" && state === "active";
  const since = Date.now();
  await updateHook(core.db, hook.id, {
    ...{ url, events, conversations, gate, state },
    ...(isRevived && { activeSince: since }),
  });
  if (isRevived || named !== undefined) await core.hooks.cover(hook.id, { since, isReplay: false });
  return changed;
}

/** Deletes a hook. Conversations find that out before they call it again. @throws `not_found` */
export async function removeHook(core: Core, id: string): Promise<void> {
  const hook = await hookOf(core, id);
  await deleteHook(core.db, hook.id);
}

/** Gives a hook a new secret. The one before signs for a day, too. @throws `not_found` */
export async function rotateSecret(core: Core, id: string): Promise<string> {
  const hook = await hookOf(core, id);
  const secret = newHookSecret();
  await rotateHookSecret(core.db, hook.id, secret, Date.now() + core.timing.hooks.formerSecretMs);
  return secret;
}

/** What became of the call of a test. `status` null: there was no answer. */
export interface HookTest {
  status: number | null;
  detail: string;
}

/** Calls a hook with an event `test`, once. @throws `not_found` */
export async function testHook(core: Core, id: string): Promise<HookTest> {
  const hook = await hookOf(core, id);
  const target = await findHookTarget(core.db, hook.id, Date.now());
  if (!target) throw noHook();
  const now = Date.now();
  const body = JSON.stringify({ type: "test", timestamp: isoTime(now), data: {} });
  const headers = signedHeaders(`evt_test_${now}`, now, body, target.secrets);
  const { status, error } = await callHook(
    { url: hook.url, headers, body },
    core.settings.wayOut,
    core.timing.hooks,
  );
  return { status, detail: error };
}

/**
 * The deliveries whose last try has failed, 100 at most, those that wait longest first. @throws `not_found`
 */
export async function failedDeliveries(core: Core, id: string): Promise<ListedFailure[]> {
  const hook = await hookOf(core, id);
  return listHookFailures(core.db, hook.id, LISTED);
}

/**
 * Has everything told again that came since a time, under the ids of the first time.
 * @param since ms since 1970
 * @throws `not_found`
 */
export async function replayHook(core: Core, id: string, since: number): Promise<void> {
  const hook = await hookOf(core, id);
  await core.hooks.cover(hook.id, { since, isReplay: true });
}

/** How a hook is asked, by its events; null: it is told. @throws `validation_failed` */
function gateOf(
  { events }: Pick<Hook, "events">,
  { timeoutMs, onFailure }: GateSettings,
  before = DEFAULT_GATE,
): Gate | null {
  if (events.includes(SENDING)) {
    if (events.length > 1) throw invalid("body.events", `\`${SENDING}\` must be the only one`);
    return { timeoutMs: timeoutMs ?? before.timeoutMs, onFailure: onFailure ?? before.onFailure };
  }
  for (const [name, value] of [["timeout_ms", timeoutMs] as const, ["on_failure", onFailure] as const])
    if (value !== undefined) throw invalid(`body.${name}`, `is of \`${SENDING}\` alone`);
  return null;
}

/** @throws `validation_failed` for an address that may not be called */
function requireAddress({ settings }: Core, url: string): void {
  const flaw = addressFlaw(url, settings.wayOut.allowsLoopback);
  if (flaw !== null) throw invalid("body.url", `must ${flaw}`);
}

/** The conversations that a backend names. @throws `validation_failed` for one that there is not */
async function idsOf(core: Core, refs: ConversationRef[]): Promise<ConversationId[]> {
  const found = await findConversationIds(core.db, refs);
  const missing = found.indexOf(null);
  if (missing >= 0) throw invalid(`body.conversations.${missing}`, "is no conversation");
  return [...new Set(found.flatMap((id) => id ?? []))];
}

function noHook(): CoreError {
  return new CoreError("not_found", "There is no such hook.");
}
