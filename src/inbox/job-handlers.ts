import { ConversationId, SessionId } from "../domain/ids.ts";
import type { CallBudget } from "../object/concurrency.ts";
import type { JobRow, JobTable } from "../object/jobs/job-table.ts";
import { eraseInbox } from "./account/erase-inbox.ts";
import type { InboxComponents } from "./components.ts";
import type { FormerJobKind, InboxJobKind } from "./jobs.ts";

const OUTFEED: JobRow<InboxComponents> = {
  run: ({ outfeeds }, key, calls) => outfeeds.run(key, calls),
  isBeside: true,
};
const TAP: JobRow<InboxComponents> = {
  run: ({ outfeeds }, key) => outfeeds.runTap(key),
  ...{ isBeside: true, isSecret: true },
};

/** What runs each alarm job of an inbox, and how. */
export const INBOX_JOBS: JobTable<InboxJobKind | FormerJobKind, InboxComponents> = {
  kick: async ({ sessionTermination }, key, calls) =>
    (await sessionTermination.kick(SessionId.parse(key), calls)) ? null : Date.now(),
  expired_sessions: ({ sessionGate }) => sessionGate.deleteExpired(Date.now()),
  sockets: checkSockets,
  expiry: ({ sockets, presence }) => {
    sockets.kickExpired(false);
    presence.socketClosed();
    return sockets.nextExpiry();
  },
  online: ({ presence }, _, calls) => presence.online(calls),
  offline: ({ presence }, _, calls) => presence.offline(calls),
  announcement: ({ presence }, key, calls) => presence.announceFurther(key, calls),
  session_lookup: async ({ sessionTermination }, _, calls) => {
    await sessionTermination.lookUp(calls);
    return null;
  },
  deletion_lookup: async (components, _, calls) => {
    const deleted = await components.accountDeletion.deletedInD1();
    if (deleted) await eraseInbox(components, deleted.messagesErased, calls);
    return null;
  },
  leave: leaving(false),
  erase: leaving(true),
  revocation: ({ revocation }, key, calls) => revocation.goOn(key, calls),
  own_files: { run: ({ ownFiles }, key) => ownFiles.release(key), isPrompt: true, isSecret: true },
  released_files: {
    run: ({ releasedFiles }, key, _, tries) => releasedFiles.run(key, tries),
    ...{ isPrompt: true, isSecret: true },
  },
  account_deleted: ({ contactNotifier }, key, calls) => contactNotifier.contactJob(key, calls),
  lost_updates: { run: ({ catchUp }, key, calls) => catchUp.recover(key, calls), isBeside: true },
  crowds: { run: askCrowds, isBeside: true },
  repair: ({ repair }, key, calls) => repair.goOn(Number(key), calls),
  profile: ({ profileAnnouncer }, key, calls) => profileAnnouncer.announceAfter(Number(key), calls),
  drafts: ({ storedDrafts }) => storedDrafts.deleteExpired(),
  scheduled: { run: ({ scheduled }, key, calls) => scheduled.sends.sendDue(key, calls), isBeside: true },
  scheduled_files: { run: ({ scheduled }, key) => scheduled.files.store(key), isPrompt: true },
  scheduled_expiry: ({ scheduled }) => scheduled.sends.deleteExpired(),
  reminders: ({ saved }) => saved.remind(),
  ...{ outfeed: OUTFEED, push: OUTFEED, bot_feed: OUTFEED, gateway_feed: OUTFEED },
  ...{ tap: TAP, bot_tap: TAP, gateway_tap: TAP },
  bot_webhook: { run: ({ botUpdates }) => botUpdates.deliver(), isBeside: true },
  gateway_expiry: ({ gateway }) => gateway.expire(),
  size: ({ space }) => space.report(),
};

/** Device sockets need no look: a socket that a crash closed is missing when this wakes the object. */
async function checkSockets(
  { checkSocketsLater, presence, sessionGate, sockets }: InboxComponents,
  _: string,
  calls: CallBudget,
): Promise<number | null> {
  const isDone = await sessionGate.removeLostSockets(calls);
  presence.socketClosed();
  if (!isDone) return Date.now();
  if (sessionGate.hasSockets() || sockets.open().length > 0) checkSocketsLater();
  return null;
}

/** Without a device nobody waits: the next one asks as it connects. */
async function askCrowds(
  { catchUp, sockets }: InboxComponents,
  _: string,
  calls: CallBudget,
): Promise<number | null> {
  return sockets.open().length > 0 ? catchUp.askCrowds(calls) : null;
}

/** A job whose key is a conversation that a deleted user leaves. */
function leaving(erases: boolean) {
  return async ({ accountDeletion }: InboxComponents, key: string, calls: CallBudget): Promise<null> => {
    calls.take(1);
    await accountDeletion.leaveConversation(ConversationId.parse(Number(key)), erases);
    return null;
  };
}
