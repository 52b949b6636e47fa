import type { UserId } from "../../domain/ids.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { Transaction } from "../state/transaction.ts";
import type { Members } from "./members.ts";

/** What lists may show of a message: whose preview it may be, besides that of all members. */
interface ListedFor {
  /** the last message before the next one of the main stream */
  upTo: number;
  /** the users who have hidden that next one */
  hiders: UserId[];
  /** it is the newest of the main stream */
  isNewest: boolean;
}

/** Whose lists may show a message as the newest of the main stream; null: it is not in the main stream. */
export function listedFor(log: MessageLog, { seq, in_main }: MessageRow): ListedFor | null {
  if (in_main === 0) return null;
  const next = log.main.next(seq);
  const hiders = next === undefined ? [] : log.hides.usersOf(next);
  return { upTo: (next ?? Number.MAX_SAFE_INTEGER) - 1, hiders, isNewest: next === undefined };
}

/** Stores that former members whose list shows a message need it as it is now. */
export function changeFormerPreviews(
  tx: Transaction,
  { log, members }: { log: MessageLog; members: Members },
  row: MessageRow,
): void {
  const listed = listedFor(log, row);
  if (listed) members.previewChanged(tx, row.seq, listed.upTo, listed.hiders);
}
