import type { LogItem, RestItem } from "../../domain/backup/parts.ts";
import { BACKUP_CALLS, type BackedUp } from "../../object/backup/calls.ts";
import { callsOf } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { ConversationBackup } from "./conversation-backup.ts";

const { repeatable } = callsOf<BackedUp & { readonly backup: ConversationBackup }>();

/** The calls by which a conversation is backed up and restored. */
export const CONVERSATION_BACKUP_CALLS = {
  ...BACKUP_CALLS,

  /** @see ConversationBackup.blocks */
  copyLog: repeatable(WEIGHTS.unweighed, ({ backup }, item: Omit<LogItem, "id">) => backup.blocks(item)),

  /** @see ConversationBackup.rest */
  copyRest: repeatable(WEIGHTS.unweighed, ({ backup }, item: Omit<RestItem, "id">) => backup.rest(item)),
};
