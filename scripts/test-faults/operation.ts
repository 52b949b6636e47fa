import type { Fault } from "./fault.ts";

/** Faults in accounts, and in what connects a deployment with others: hooks, pushes, backups, imports. */
export const OPERATION: readonly Fault[] = [
  {
    name: "the signature of a hook has its parts in another order",
    area: "hooks",
    file: "src/object/hooks/signature.ts",
    from: `\${id}.\${timestamp}.\${body}`,
    to: `\${timestamp}.\${id}.\${body}`,
    caughtBy: "packages/server/test/hooks.test.ts",
  },
  {
    name: "a hook is not told of a change that is listed before its message",
    area: "hooks",
    file: "src/conversation/hooks/hook-feed.ts",
    from: "if (row.seq > at.seq) break;",
    to: "if (row.seq > at.seq) continue;",
    caughtBy: "test/features/hooks/deliveries.test.ts",
  },
  {
    name: "the incoming hook of a suspended user takes messages",
    area: "hooks",
    file: "src/conversation/incoming-hooks/hook-posts.ts",
    from: "    if (suspension?.shadow === false) throw waitsForAdmin();\n",
    to: "",
    caughtBy: "test/features/bots/following-makers.test.ts",
  },
  {
    name: "right passwords count as wrong ones",
    area: "accounts",
    file: "src/core/accounts/passwords.ts",
    from: `  if (found) {
    await deleteAttempts(core.db, attempts);
    return found;
  }
`,
    to: "  if (found) return found;\n",
    caughtBy: "test/features/accounts/password-lock.test.ts",
  },
  {
    name: "a token is taken for a while after its session has ended",
    area: "accounts",
    file: "src/core/accounts/sessions.ts",
    from: "  core.sessionCache.forget(sessionId);\n",
    to: "",
    caughtBy: "test/features/accounts/sessions-and-tokens.test.ts",
  },
  {
    name: "a user has one session more than their quota",
    area: "accounts",
    file: "src/storage/accounts/sessions.ts",
    from: `\${liveOf(userId, createdAt)}) < \${max}`,
    to: `\${liveOf(userId, createdAt)}) <= \${max}`,
    caughtBy: "test/features/quotas/quotas.test.ts",
  },
  {
    name: "a device is pushed messages in the quiet hours of its user",
    area: "push and moderation",
    file: "src/inbox/push/push-outfeed.ts",
    from: "!isPushed || preferences.isQuietAt(now) || ",
    to: "!isPushed || ",
    caughtBy: "test/features/push/choices.test.ts",
  },
  {
    name: "a staff member decides about a report against themselves",
    area: "push and moderation",
    file: "src/core/moderation/reports.ts",
    from: '  await requireMay(core, staff, "decide_report", found.subjectId);\n',
    to: "",
    caughtBy: "test/features/moderation/staff-about-themselves.test.ts",
  },
  {
    name: "a restore brings reactions back that were taken back during the backup",
    area: "data",
    file: "src/core/backup/run/restore-run.ts",
    from: 'mode: "replace" }',
    to: 'mode: "add" }',
    caughtBy: "test/features/backup/backup-and-restore.test.ts",
  },
  {
    name: "an imported message is older than the one before it",
    area: "data",
    file: "src/conversation/transfer/import.ts",
    from: "created_at: Math.max(message.createdAt, head.at),",
    to: "created_at: message.createdAt,",
    caughtBy: "test/features/data/import.test.ts",
  },
  {
    name: "of the messages of a deleted account fifty are erased",
    area: "data",
    file: "src/conversation/actions/redaction.ts",
    from: "limit: MAX_ERASED + 1 }",
    to: "limit: MAX_ERASED }",
    caughtBy: "test/features/server/erased-messages.test.ts",
  },
];
