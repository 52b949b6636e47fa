import type { Fault } from "./fault.ts";

/** Faults in what conversations store: messages, unread counts, rights. */
export const CORE: readonly Fault[] = [
  {
    name: "a send overtakes an earlier one of its socket that waits",
    area: "sending",
    file: "src/conversation/sending/send-admission.ts",
    from: "!isGated && !this.#queues.isBusy(key)) {",
    to: "!isGated) {",
    caughtBy: "test/features/messages/forwarding.test.ts",
  },
  {
    name: "a repeated client id is acknowledged as a new message, which is not stored",
    area: "sending",
    file: "src/conversation/log/insert.ts",
    from: "row[column])).rowsWritten > 0",
    to: "row[column])).rowsWritten >= 0",
    caughtBy: "test/features/messages/sending-and-paging.test.ts",
  },
  {
    name: "revoked messages that were read count as unread ones that are gone",
    area: "messages",
    file: "src/conversation/views/member-snapshots.ts",
    from: "revoked.after(Math.max(readUpTo(member), floor.seq), except)",
    to: "revoked.after(floor.seq, except)",
    caughtBy: "test/features/conversations/revoked-unread.test.ts",
  },
  {
    name: "a search finds the words that an edit has removed",
    area: "messages",
    file: "src/conversation/changes/editing.ts",
    from: "      indexer.outdate(row, body);\n",
    to: "",
    caughtBy: "test/features/edits/search.test.ts",
  },
  {
    name: "an admin acts on another admin",
    area: "groups and contacts",
    file: "src/domain/conversations/group-policies.ts",
    from: "return RANK[actor] > RANK[target];",
    to: "return RANK[actor] >= RANK[target];",
    caughtBy: "test/unit/pure/group-policies.test.ts",
  },
  {
    name: "who lifts one block lifts all of theirs",
    area: "groups and contacts",
    file: "src/storage/contacts/blocks.ts",
    from: "const given = and(eq(blocks.userId, userId), isAmong(blocks.blockedId, ids));",
    to: "const given = eq(blocks.userId, userId);",
    caughtBy: "test/features/contacts/block-hides.test.ts",
  },
];
