import type { ImportOutcome, PortableMember, PortableRead } from "../../../domain/data/portable-message.ts";
import type { MemberRecord, ReadRecord } from "../../../domain/data/records.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import type { ImportedUser } from "../../../storage/data/external-ids.ts";
import type { ImportedType, ImportReport } from "./import-report.ts";
import { type ImportRun, type Line, leftOut } from "./run.ts";

const MAX_MEMBERS = 500;

/**
 * Ends the memberships of those who have left elsewhere since an earlier import, before its messages come.
 * @param talking the conversations that get messages
 */
export async function importLeavings(
  { core, known }: ImportRun,
  lines: Line<MemberRecord>[],
  talking: ReadonlySet<ExternalId>,
): Promise<void> {
  const left = lines.filter(({ record }) => record.state === "left" && talking.has(record.conversation));
  if (left.length === 0) return;
  await known.learnConversations(left.map(({ record }) => record.conversation));
  await known.learnUsers(left.map(({ record }) => record.user));
  for (const [ref, all] of Map.groupBy(left, ({ record }) => record.conversation)) {
    const conversation = known.conversations.get(ref);
    const members = all.flatMap(({ record }) => {
      const user = known.users.get(record.user);
      return user ? [portableMember(record, user)] : [];
    });
    for (let i = 0; conversation && i < members.length; i += MAX_MEMBERS) {
      const some = members.slice(i, i + MAX_MEMBERS);
      await core.conversations.importMembers(conversation.id, { members: some, people: [], isBefore: true });
    }
  }
}

function portableMember(record: MemberRecord, user: ImportedUser): PortableMember {
  return {
    userId: user.id,
    role: record.role,
    // The account is deleted: who had it is no member of anything.
    state: user.person ? record.state : "left",
    joinedAt: record.joined_at ?? null,
    seesAfter: record.sees_after,
    seesFrom: record.sees_from ?? null,
    seesUntil: record.sees_until,
    mutedUntil: record.muted_until ?? null,
    nameCard: record.name_card ?? null,
    customFields: record.custom_fields ?? null,
  };
}

/** Stores the members of conversations, and who was one. */
export async function importMembers(run: ImportRun, lines: Line<MemberRecord>[]): Promise<void> {
  await eachConversation(run, "member", lines, async (id, some) => {
    const members = some.map(({ record, user }) => portableMember(record, user));
    const people = run.known.people(members.map(({ userId }) => userId));
    return run.core.conversations.importMembers(id, { members, people });
  });
}

/** Stores how far users have read. */
export async function importReads(run: ImportRun, lines: Line<ReadRecord>[]): Promise<void> {
  await eachConversation(run, "read", lines, (id, some) => {
    const reads = some.map(({ record, user }): PortableRead => {
      return { userId: user.id, message: record.message, at: record.at };
    });
    return run.core.conversations.importReads(id, { reads });
  });
}

/** Hands records about users on, conversation by conversation, and reports what became of them. */
async function eachConversation<Of extends MemberRecord | ReadRecord>(
  { known, report }: ImportRun,
  type: "member" | "read",
  lines: Line<Of>[],
  store: (id: ConversationId, some: (Line<Of> & { user: ImportedUser })[]) => Promise<ImportOutcome[]>,
): Promise<void> {
  await known.learnConversations(lines.map(({ record }) => record.conversation));
  await known.learnUsers(lines.map(({ record }) => record.user));
  for (const [ref, all] of Map.groupBy(lines, ({ record }) => record.conversation)) {
    const conversation = known.conversations.get(ref);
    const of = all.flatMap(({ line, record }) => {
      const user = known.users.get(record.user);
      if (!conversation) noConversation(report, type, line, record.user, ref);
      else if (!user) {
        const reason = `The user has no record: ${record.user}.`;
        report.note(type, { line, externalId: record.user }, { result: "left_out", reason });
      }
      return conversation && user ? [{ line, record, user }] : [];
    });
    for (let i = 0; conversation && i < of.length; i += MAX_MEMBERS) {
      const some = of.slice(i, i + MAX_MEMBERS);
      const outcomes = await store(conversation.id, some).catch((error: unknown) =>
        some.map(() => leftOut(error)),
      );
      for (const [at, outcome] of outcomes.entries()) {
        const one = some[at];
        if (one) report.note(type, { line: one.line, externalId: one.record.user }, outcome);
      }
    }
  }
}

/** Notes a record of a conversation that is not there. */
export function noConversation(
  report: ImportReport,
  type: ImportedType,
  line: number,
  externalId: ExternalId,
  ref: ExternalId,
): void {
  const reason = `Its conversation has no record: ${ref}.`;
  report.note(type, { line, externalId }, { result: "left_out", reason });
}
