import type { BotCaller, BotFormat, KeptBotFormat } from "../domain/bots/bot-update.ts";
import type { SessionId, UserId } from "../domain/ids.ts";
import type { Contacts, PushServices, UserDirectory } from "../domain/ports.ts";
import type { Settings } from "../domain/settings.ts";
import type { Timing } from "../domain/timing.ts";
import { errorFields, log } from "../lib/logger.ts";
import { CallBudget } from "../object/concurrency.ts";
import { ReleasedFiles } from "../object/files/released-files.ts";
import type { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import type { TokenReader } from "../object/socket-host.ts";
import { StorageSpace } from "../object/space/storage-space.ts";
import { UserBudgets, WEIGHTS } from "../object/user-budgets.ts";
import { AccountDeletion, OwnFiles } from "./account/account-deletion.ts";
import { ContactNotifier } from "./account/contact-notifier.ts";
import { Presence } from "./account/presence.ts";
import { ProfileAnnouncer } from "./account/profile-announcer.ts";
import { Revocation } from "./account/revocation.ts";
import { SessionGate } from "./account/session-gate.ts";
import { SessionTermination } from "./account/session-termination.ts";
import { BotUpdates } from "./bot-updates/bot-updates.ts";
import { KeptTaps } from "./bots/taps.ts";
import { ComposerDrafts } from "./composer-drafts.ts";
import { DeviceCursors } from "./devices/device-cursors.ts";
import { DeviceFeed } from "./devices/device-feed.ts";
import { DeviceSockets, type DeviceSocketsDeps } from "./devices/device-sockets.ts";
import { MessageContexts } from "./devices/message-contexts.ts";
import { Gateway } from "./gateway/gateway.ts";
import type { InboxJobKind } from "./jobs.ts";
import { CatchUp } from "./list/catch-up.ts";
import { ConversationList, type ListObserver } from "./list/conversation-list.ts";
import { ListWriter } from "./list/list-writer.ts";
import { ListRepair } from "./list/repair.ts";
import { NameLookup } from "./name-lookup.ts";
import { Notifications } from "./notifications.ts";
import { Outfeeds } from "./outfeeds/outfeeds.ts";
import { createPush } from "./push/create-push.ts";
import { QuotaUses } from "./quota-uses.ts";
import { SavedMessages } from "./saved/saved-messages.ts";
import { createScheduled } from "./scheduled/scheduled.ts";
import { StoredDrafts } from "./stored-drafts.ts";

/** What an inbox needs from outside; `src/worker.ts` hands it in. */
export interface InboxDeps extends DeviceSocketsDeps {
  directory: UserDirectory;
  settings: DeviceSocketsDeps["settings"] & Pick<Settings, "crowdMembers" | "quotas">;
  contacts: Contacts;
  readToken: TokenReader;
  pushServices: PushServices;
  bots: { format: KeptBotFormat; caller: BotCaller };
  /** how an API with a gateway writes events */
  gatewayFormat: BotFormat;
  timing: Timing;
}

/** So many are looked at for who has removed a bot from a group. */
const NEWEST_NOTIFICATIONS = 100;

/** The object of a user, as its components need it. */
interface InboxHost {
  ctx: DurableObjectState;
  deps: InboxDeps;
  jobs: AlarmJobs<InboxJobKind>;
  userId(): UserId;
  /** Whether a device socket is being opened. */
  isOpening(): boolean;
}

/**
 * What a feature hangs on: changes of the list, the end of a session, the deletion of the account. A feature
 * has the members that it wants. Each is called in the turn of the change.
 */
interface InboxFeature extends ListObserver {
  /** A session has ended, and with it what it has registered. */
  endSession?(sessionId: SessionId): void;
  /** The account is deleted, and the rows of the inbox are gone. */
  stop?(): void;
}

/** The parts of an inbox. They are created once D1 has confirmed that the user exists. */
export type InboxComponents = ReturnType<typeof createComponents>;

/** Creates the components from the tables of the inbox, in layers; each gets those below it. */
export function createComponents(host: InboxHost) {
  const { jobs, deps, userId } = host;
  const stores = createStores(host);
  const delivery = createDelivery(host, stores);
  const account = createAccount(host, stores, delivery);
  const features: readonly InboxFeature[] = [
    delivery.outfeeds,
    delivery.composerDrafts,
    {
      leftArchive: (id) => {
        const sent = deps.conversations.pushConversation(id, { userId: userId() });
        sent.catch((error: unknown) => log("warn", "preferences_not_sent", errorFields(error)));
      },
    },
    stores.saved,
    account.presence,
    { stop: () => account.ownFiles.deleteAll() },
  ];
  stores.list.observe(features);
  return {
    ...stores,
    ...delivery,
    ...account,
    features,
    sessionTermination: createSessionTermination(host, stores, account, features),
    /** The calls to other objects of one request. */
    callBudget: () => new CallBudget(deps.timing.jobs.maxCalls),
    /** Schedules a look for sockets that closed without a word. */
    checkSocketsLater: () => jobs.schedule("sockets", "", Date.now() + deps.timing.socketRegistry.checkMs),
  };
}

type Stores = ReturnType<typeof createStores>;

/** What the inbox stores, and its open sockets. */
function createStores({ ctx, deps, jobs, userId }: InboxHost) {
  const { sql } = ctx.storage;
  const { conversations, directory, settings, timing } = deps;
  const cursors = new DeviceCursors(sql);
  /** what the user may still ask */
  const budgets = new UserBudgets(sql, settings, timing.userBudgets);
  const names = new NameLookup({ directory, timing });
  const sockets = new DeviceSockets(ctx, { ...deps, names }, cursors, budgets);
  const writer = new ListWriter(sql, {
    hasDevices: () => sockets.open().length > 0,
    timing: timing.list,
  });
  const quotas = new QuotaUses(ctx.storage, settings.quotas, () => {
    const query = "SELECT registered_at AS at FROM presence";
    return sql.exec<{ at: number }>(query).one().at;
  });
  return {
    quotas,
    storeList: () => writer.store(),
    space: new StorageSpace(sql, {
      name: () => ({ user: userId() }),
      store: (bytes) => directory.storeSize(userId(), bytes),
      job: {
        isScheduled: () => jobs.has("size", ""),
        schedule: (due) => jobs.schedule("size", "", due),
      },
      timing: timing.storage,
    }),
    sessionGate: new SessionGate(sql, conversations, timing.socketRegistry),
    accountDeletion: new AccountDeletion(sql, jobs, { ...deps, userId }),
    cursors,
    budgets,
    sockets,
    list: new ConversationList(sql, writer, settings.crowdMembers),
    notifications: new Notifications(ctx.storage),
    storedDrafts: new StoredDrafts(sql, jobs, timing.drafts, quotas),
    scheduled: createScheduled(sql, jobs, {
      ...deps,
      ...{ userId, quotas },
      mayBeDeleted: () => jobs.firstKey("deletion_lookup") !== null,
      tell: (event) => sockets.broadcast(event),
    }),
    taps: new KeptTaps(sql, timing.taps, (event) => sockets.broadcast(event)),
    saved: new SavedMessages(sql, {
      jobs,
      storeList: () => writer.store(),
      broadcast: (event) => sockets.broadcast(event),
    }),
  };
}

type Delivery = ReturnType<typeof createDelivery>;

/** How the list and the devices get what conversations have. */
function createDelivery({ ctx, deps, jobs, userId, isOpening }: InboxHost, stores: Stores) {
  const { accountDeletion, budgets, cursors, list, sessionGate, sockets } = stores;
  const { conversations, directory, metrics, pushServices, settings, timing } = deps;
  const audience = {
    open: () => sockets.open(),
    isOpen: () => isOpening() || sockets.open().length > 0,
    isOpening,
  };
  const contexts = new MessageContexts({ directory, audience, list, timing, userId });
  const deviceFeed = new DeviceFeed({
    ...{ audience, list, cursors, conversations, contexts, budgets, settings, metrics, timing, userId },
  });
  const catchUp = new CatchUp({
    ...{ jobs, list, feed: deviceFeed, crowdMembers: settings.crowdMembers, timing },
    ask: (id, question) => conversations.snapshot(id, { userId: userId(), ...question }),
    awaits: () => outfeeds.isOn,
  });
  const composerDrafts = new ComposerDrafts(ctx.storage.sql, {
    ...{ conversations, timing, userId },
    listedAs: (id) => list.listedAs(id),
    storeSnapshot: (update) => catchUp.store(update),
    tell: (event, except) => {
      for (const socket of sockets.open()) if (socket.sessionId !== except) socket.sendEvent(event);
    },
    isDeleted: () => accountDeletion.isDeleted,
  });
  const push = createPush(ctx.storage.sql, {
    ...{ conversations, directory, list, metrics, timing, userId, services: pushServices },
    store: (update) => catchUp.store(update),
    isFocused: (id) => sockets.open().some(({ id: socket }) => cursors.get(socket, id)?.state === "focused"),
    sessionsIn: (id) => sessionGate.sessionsIn(id),
  });
  const botUpdates = new BotUpdates(ctx.storage, {
    ...{ conversations, directory, jobs, timing, userId, ...deps.bots },
    notifications: () => stores.notifications.page({ limit: NEWEST_NOTIFICATIONS }).items,
    storeList: stores.storeList,
    waitUntil: (work) => ctx.waitUntil(work),
    wake: (id) => outfeeds.read(id, Date.now()),
  });
  const gateway = new Gateway(ctx.storage, {
    ...{ conversations, directory, jobs, timing, userId, storeList: stores.storeList },
    ...{ format: deps.gatewayFormat, sockets: () => sockets.open() },
    readSpaces: (id, due) => outfeeds.readSpaces(id, due),
    chargeResume: () => budgets.charge(userId(), WEIGHTS.page),
  });
  const outfeeds: Outfeeds = new Outfeeds([push.outfeed, botUpdates, gateway], {
    ...{ jobs, crowdMembers: settings.crowdMembers, timing },
  });
  return { audience, deviceFeed, catchUp, composerDrafts, outfeeds, push, botUpdates, gateway };
}

type Account = ReturnType<typeof createAccount>;

/** What concerns the account: its presence, its profile and contacts, its files, and the repair of all. */
function createAccount({ ctx, deps, jobs, userId }: InboxHost, stores: Stores, delivery: Delivery) {
  const { accountDeletion, cursors, list, sessionGate, sockets } = stores;
  const { audience, deviceFeed } = delivery;
  const { conversations, directory, timing } = deps;
  const { sql } = ctx.storage;
  const releasedFiles = new ReleasedFiles(jobs, directory, timing.files);
  const contactNotifier = new ContactNotifier(jobs, { ...deps, userId });
  const presence = new Presence(sql, jobs, {
    directory,
    contactNotifier,
    timing,
    userId,
    isOnline: () => !accountDeletion.isDeleted && (audience.isOpen() || sessionGate.hasSockets()),
  });
  return {
    releasedFiles,
    revocation: new Revocation({
      ...{ directory, conversations, userId },
      schedule: (key, due) => jobs.schedule("revocation", key, due),
    }),
    ownFiles: new OwnFiles(jobs, { directory, released: releasedFiles, userId }),
    contactNotifier,
    presence,
    profileAnnouncer: new ProfileAnnouncer(jobs, {
      ...{ directory, conversations, frames: deviceFeed.profileFrames, timing, userId },
      recent: (limit) => list.recent(limit),
    }),
    repair: new ListRepair(sql, jobs, {
      ...{ directory, conversations, list, cursors, feed: deviceFeed, timing, userId },
      sockets: { ...audience, fail: () => sockets.fail() },
      isDeleted: () => accountDeletion.isDeleted,
      lookAtSockets: () => {
        jobs.schedule("sockets", "", Date.now());
        presence.repair();
      },
    }),
  };
}

function createSessionTermination(
  { deps: { directory, timing }, jobs, userId }: InboxHost,
  { accountDeletion, sessionGate, sockets }: Stores,
  { presence }: Account,
  features: readonly InboxFeature[],
): SessionTermination {
  const sessions = {
    ended: () => directory.endedSessions(userId()),
    isDeleted: () => accountDeletion.isDeleted,
    closeHere: (sessionId: SessionId) => {
      sockets.kickSession(sessionId);
      presence.socketClosed();
      for (const feature of features) feature.endSession?.(sessionId);
    },
    closeAllHere: () => sockets.kick(() => true, "session_ended"),
    closeUnknownHere: () => sockets.kickExpired(true),
    closed: () => presence.socketClosed(),
  };
  return new SessionTermination(sessionGate, jobs, sessions, timing.sessionTermination);
}
