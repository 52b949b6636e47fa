import type { PortableMessage } from "../../../domain/data/portable-message.ts";
import type { MessageRecord } from "../../../domain/data/records.ts";
import { attempt } from "../../../domain/errors.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import { nextTurn } from "../../../lib/next-turn.ts";
import { usersIn } from "../refs.ts";
import { noConversation } from "./members.ts";
import { namedBy } from "./named-by-records.ts";
import { type ImportRefs, portableMessage } from "./portable.ts";
import { type ImportRun, type Line, leftOut } from "./run.ts";

/**
 * What one call of a conversation stores, in messages and UTF-16 units: sends wait no longer than for a
 * page.
 */
const MAX_MESSAGES = 50;
const MAX_UNITS = 512 * 1024;

/** Stores messages, conversation by conversation. */
export async function importMessages(run: ImportRun, lines: Line<MessageRecord>[]): Promise<void> {
  const { known } = run;
  const named: ReturnType<typeof namedBy>[] = [];
  for (const { record } of lines) {
    if (named.length % MAX_MESSAGES === MAX_MESSAGES - 1) await nextTurn();
    named.push(namedBy(record));
  }
  await known.learnConversations(named.flatMap(({ conversations }) => conversations));
  await known.learnUsers(named.flatMap(({ users }) => users));
  await known.learnFiles(named.flatMap(({ files }) => files));
  for (const [ref, some] of Map.groupBy(lines, ({ record }) => record.conversation)) {
    const conversation = known.conversations.get(ref);
    const reason = run.closed.get(ref);
    if (reason !== undefined)
      for (const { line, record } of some)
        run.report.note("message", { line, externalId: record.external_id }, { result: "left_out", reason });
    else if (conversation) await importInto(run, conversation.id, some);
    else
      for (const { line, record } of some)
        noConversation(run.report, "message", line, record.external_id, ref);
  }
}

async function importInto(
  { core, known, report }: ImportRun,
  id: ConversationId,
  lines: Line<MessageRecord>[],
): Promise<void> {
  const refs: ImportRefs = {
    user: (ref) => known.users.get(ref)?.id,
    conversation: (ref) => known.conversations.get(ref)?.id,
    file: (ref) => known.files.get(ref),
    own: id,
  };
  let batch: { line: number; message: PortableMessage; notes: string[] }[] = [];
  let units = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const messages = batch.map(({ message }) => message);
    const people = known.people(messages.flatMap(usersIn));
    const outcomes = await core.conversations
      .importMessages(id, { messages, people })
      .catch((error: unknown) => messages.map(() => leftOut(error)));
    for (const [i, { line, message, notes }] of batch.entries()) {
      const outcome = outcomes[i] ?? { result: "left_out", reason: "The conversation did not answer." };
      report.note("message", { line, externalId: message.externalId }, outcome, notes);
    }
    [batch, units] = [[], 0];
  };
  for (const { line, record } of lines) {
    const portable = attempt(() => portableMessage(record, refs));
    if (!portable.ok) {
      const at = { line, externalId: record.external_id };
      report.note("message", at, { result: "left_out", reason: portable.detail });
      continue;
    }
    batch.push({ line, ...portable.value });
    units += JSON.stringify(portable.value.message).length;
    if (batch.length >= MAX_MESSAGES || units > MAX_UNITS) await send();
  }
  await send();
}
