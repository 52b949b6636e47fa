import type { Fault } from "./fault.ts";

const OUTFEEDS_FILE = "src/inbox/outfeeds/outfeeds.ts";
const HOOK_FEED = "src/conversation/hooks/hook-feed.ts";
const CONVERSATION_FEED = "src/inbox/bot-updates/conversation-feed.ts";
const PUSH_DELIVERIES = "src/inbox/push/push-deliveries.ts";

const PUSHES = "test/features/push/push-services.test.ts";
const UPDATES = "test/surfaces/telegram/updates.test.ts";
const HOOKS = "test/features/hooks/deliveries.test.ts";

/** Faults in what reads the log behind a stored position, and delivers: to phones, bots and hooks. */
export const OUTFEEDS: readonly Fault[] = [
  {
    name: "an update schedules no reading for phones and bots",
    area: "outfeeds",
    file: OUTFEEDS_FILE,
    from: "if (due !== null) this.read(",
    to: "if (due === 0) this.read(",
    caughtBy: PUSHES,
  },
  {
    name: "a member of a large group with a phone waits for the alarm of the others",
    area: "outfeeds",
    file: OUTFEEDS_FILE,
    from: "memberCount > most && ",
    to: "memberCount < 0 && ",
    caughtBy: "test/features/push/costs.test.ts",
  },
  {
    name: "a tap on a button of a bot is read, and not stored",
    area: "outfeeds",
    file: OUTFEEDS_FILE,
    from: "store?.();",
    to: "void store;",
    caughtBy: UPDATES,
  },
  {
    name: "the phone of a session that has ended is pushed to",
    area: "outfeeds",
    file: OUTFEEDS_FILE,
    from: "outfeed.endSession?.(sessionId);",
    to: "void sessionId;",
    caughtBy: "test/features/push/choices.test.ts",
  },
  {
    name: "a job for phones of the release before is not known",
    area: "outfeeds",
    file: "src/inbox/job-handlers.ts",
    from: "{ outfeed: OUTFEED, push: OUTFEED,",
    to: "{ outfeed: OUTFEED, push: () => null,",
    caughtBy: PUSHES,
  },
  {
    name: "a receiver that fails again and again is called every 5 s",
    area: "outfeeds",
    file: "src/object/backoff.ts",
    from: "PAUSES[Math.min(failures, PAUSES.length) - 1]",
    to: "PAUSES[Math.min(failures, 1) - 1]",
    caughtBy: PUSHES,
  },
  {
    name: "that a phone was sent a push is stored behind the answer alone",
    area: "outfeeds",
    file: PUSH_DELIVERIES,
    from: "    notices.setDelivery(id, deviceId, notice);\n    const { target }",
    to: "    const { target }",
    caughtBy: PUSHES,
  },
  {
    name: "a phone that its service does not know any more stays registered",
    area: "outfeeds",
    file: PUSH_DELIVERIES,
    from: '      case "gone":\n        this.forget(device.id);\n',
    to: '      case "gone":\n',
    caughtBy: PUSHES,
  },
  {
    name: "the position of a bot skips what does not fit on a page",
    area: "outfeeds",
    file: CONVERSATION_FEED,
    from: "const last = isMore ? items.at(-1)?.seq : ",
    to: "const last = ",
    caughtBy: UPDATES,
  },
  {
    name: "a bot is told again by its webhook what the webhook has taken",
    area: "outfeeds",
    file: "src/inbox/bot-updates/webhook-deliveries.ts",
    from: "      queue.confirm(update.id + 1);\n",
    to: "      queue.confirm(update.id);\n",
    caughtBy: UPDATES,
  },
  {
    name: "a hook that is far behind is not told the messages behind the first page",
    area: "outfeeds",
    file: HOOK_FEED,
    from: "    if (rows.length < PAGE) at = ",
    to: "    at = ",
    caughtBy: HOOKS,
  },
  {
    name: "a hook that has failed for days is never given up",
    area: "outfeeds",
    file: "src/object/hooks/deliveries.ts",
    from: 'failingMs >= this.#timing.disableAfterMs ? "disabled" : null;',
    to: "null;",
    caughtBy: HOOKS,
  },
];
