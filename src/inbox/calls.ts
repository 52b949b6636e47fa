import { ACCOUNT } from "./calls/account.ts";
import { BOT_UPDATES } from "./calls/bot-updates.ts";
import { BOTS } from "./calls/bots.ts";
import { DELIVERY } from "./calls/delivery.ts";
import { KEPT } from "./calls/kept.ts";
import { LIST } from "./calls/list.ts";
import { PUSH } from "./calls/push.ts";

/**
 * The calls of inboxes. Each takes one object, and ignores fields that it does not know. Every call is
 * idempotent, but one. Most of those without a weight come from conversations and contacts.
 */
export const INBOX_CALLS = { ...LIST, ...DELIVERY, ...ACCOUNT, ...KEPT, ...PUSH, ...BOTS, ...BOT_UPDATES };
