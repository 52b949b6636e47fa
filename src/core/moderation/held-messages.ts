import { z } from "zod";
import { deletedUser } from "../../domain/accounts/person.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, nullIfNotFound } from "../../domain/errors.ts";
import { NOBODY, type UserId } from "../../domain/ids.ts";
import { bodyWithProfiles, sendersIn } from "../../domain/messages/copies/merged.ts";
import type { ScheduledMessage } from "../../domain/messages/scheduled.ts";
import {
  type HeldMessage,
  HeldMessageId,
  type HeldOutcome,
  type HeldState,
} from "../../domain/moderation/held-message.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findPeople } from "../../storage/conversations/conversations.ts";
import {
  decideHeldMessage,
  findHeldMessage,
  listHeldMessages,
  listHeldMessagesOf,
  withdrawHeldMessage,
} from "../../storage/moderation/held-messages.ts";
import type { Core } from "../context.ts";
import { audit, auditEntry, requireActing } from "./staff.ts";
import { tellStaff } from "./staff-events.ts";
import { requireMay } from "./staff-rights.ts";

const Position = z.tuple([HeldMessageId]);

/**
 * Messages that rules have found, the newest first, without those of the caller.
 * @throws `validation_failed` for a cursor that is none
 */
export async function pageOfHeldMessages(
  core: Core,
  staff: Staff,
  { state, limit, cursor }: PageQuery & { state: HeldState },
): Promise<Page<HeldMessage>> {
  const [before] = cursor === undefined ? [null] : readCursor(Position, cursor);
  await audit(core, staff, "held_read", {});
  const found = await listHeldMessages(core.db, state, {
    ...{ before, limit: limit + 1, hiddenFrom: hiddenFrom(staff, "see_held") },
  });
  return pageOf(await withProfiles(core, found), limit, ({ id }) => [id]);
}

/**
 * Messages of the caller that rules hold back, or that staff has refused in the last 30 days, the newest
 * first. @throws `validation_failed` for a cursor that is none
 */
export async function pageOfOwnHeldMessages(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<HeldMessage>> {
  const [before] = cursor === undefined ? [null] : readCursor(Position, cursor);
  const since = Date.now() - core.timing.moderation.showHeldMs;
  const found = await listHeldMessagesOf(core.db, caller, since, { before, limit: limit + 1 });
  return pageOf(found, limit, ({ id }) => [id]);
}

/**
 * Takes back a message of the caller that waits for staff. It is gone then, for staff too. Of one that is not
 * there, or not the caller's, nothing is told.
 * @throws `conflict` once staff has decided
 */
export async function withdrawHeld(core: Core, caller: UserId, id: HeldMessageId): Promise<void> {
  const decided = await withdraw(core, caller, id);
  if (decided) throw new CoreError("conflict", `A moderator has ${decided} the message before.`);
}

/** The same for a scheduled message that a rule has held when it was due. What is decided stays so. */
export async function withdrawScheduled(
  core: Core,
  caller: UserId,
  message: ScheduledMessage,
): Promise<void> {
  const { conversationId, draft, failed } = message;
  if (failed?.code === "held")
    await withdraw(core, caller, { conversationId, clientMsgId: draft.clientMsgId });
}

/** @returns what was decided before, null: nothing */
async function withdraw(
  core: Core,
  caller: UserId,
  which: Parameters<typeof withdrawHeldMessage>[2],
): Promise<HeldState | null> {
  const { isWithdrawn, decided } = await withdrawHeldMessage(core.db, caller, which);
  if (isWithdrawn) core.waitUntil(tellStaff(core, caller));
  return decided;
}

/**
 * Accepts or refuses a message that a rule has found. Accepted, one that was held is sent, as its sender
 * would send it now; refused, one that was stored is revoked. The same again does what is left.
 * @throws `not_found`; `forbidden` for an auditor, and for a message of the caller, or of a user of the same
 *   or a higher role; `conflict` if the other was decided, and where the sender may not send it now
 */
export async function decide(
  core: Core,
  staff: Staff,
  id: HeldMessageId,
  state: HeldOutcome,
  reason: string,
): Promise<HeldMessage> {
  requireActing(staff);
  const held = await findHeldMessage(core.db, id);
  if (!held) throw new CoreError("not_found", `There is no held message ${id}.`);
  await requireMay(core, staff, "decide_held", held.senderId);
  if (held.state === "waiting") {
    const { senderId: userId, conversationId } = held;
    const entry = auditEntry(staff, `held_${state}`, { userId, conversationId }, reason);
    if (!(await decideHeldMessage(core.db, id, state, entry))) return decide(core, staff, id, state, reason);
    core.waitUntil(tellStaff(core, userId));
  } else if (held.state !== state) throw new CoreError("conflict", `The message was ${held.state} before.`);
  await carryOut(core, held, state);
  if (!held.isStored) core.waitUntil(tellSender(core, held, state));
  const [decided] = await withProfiles(core, [held]);
  return { ...(decided ?? held), state };
}

/** Messages with the profiles of the people in those that are merged. */
async function withProfiles(core: Core, held: HeldMessage[]): Promise<HeldMessage[]> {
  const ids = held.flatMap(({ draft: { kind, body } }) => sendersIn(kind, body));
  if (ids.length === 0) return held;
  const people = await findPeople(core.db, [...new Set(ids)]);
  const known = new Map(people.map((person) => [person.id, person]));
  return held.map(({ draft, ...one }) => {
    const body = bodyWithProfiles(draft.kind, draft.body, (id) => known.get(id) ?? deletedUser(id));
    return { ...one, draft: { ...draft, body } };
  });
}

async function carryOut(
  core: Core,
  { conversationId, senderId: userId, draft, isStored, edits, hook }: HeldMessage,
  state: HeldOutcome,
): Promise<void> {
  if (state === "accepted" && !isStored) {
    try {
      await core.conversations.send(conversationId, { userId, draft, joins: true });
    } catch (error) {
      if (!(error instanceof CoreError) || error.code === "unavailable") throw error;
      throw new CoreError("conflict", `It was not sent: ${error.message} The same decision tries again.`);
    }
  }
  if (state === "refused" && isStored) {
    const { clientMsgId } = draft;
    const message = edits ? { seq: edits } : { senderId: hook ? NOBODY : userId, clientMsgId };
    // It was not stored, or is gone.
    await core.conversations.revokeByStaff(conversationId, message).catch(nullIfNotFound);
  }
}

/** Tells the devices of its sender what became of a message that was held. Best effort, and never rejects. */
async function tellSender(
  core: Core,
  { conversationId, senderId, draft: { clientMsgId } }: HeldMessage,
  state: HeldOutcome,
): Promise<void> {
  const event = { type: "held", conversationId, clientMsgId, state } as const;
  await core.inboxes
    .pushEvent(senderId, { event })
    .catch((error: unknown) => log("warn", "held_event_failed", errorFields(error)));
}
