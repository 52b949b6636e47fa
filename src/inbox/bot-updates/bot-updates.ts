import type {
  BotCaller,
  BotPlace,
  KeptBotFormat,
  NumberedUpdate,
  UpdatesAnswer,
  UpdatesRequest,
  WebhookChange,
  WebhookState,
} from "../../domain/bots/bot-update.ts";
import type { Tap } from "../../domain/bots/tap.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { ReceivedNotification } from "../../domain/sync/notification.ts";
import type { Timing } from "../../domain/timing.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { Outfeed } from "../outfeeds/outfeeds.ts";
import { ConversationFeed, type UsersTold } from "./conversation-feed.ts";
import { LongPolls } from "./long-polls.ts";
import { TapUpdates } from "./tap-updates.ts";
import { UpdateQueue } from "./update-queue.ts";
import { WebhookDeliveries } from "./webhook-deliveries.ts";

interface BotUpdatesDeps {
  conversations: Pick<Conversations, "snapshot" | "pageWithContext" | "page" | "changes" | "message">;
  format: KeptBotFormat;
  caller: BotCaller;
  jobs: { schedule(kind: "bot_webhook", key: string, due: number): void };
  /** has a conversation read now */
  wake(id: ConversationId): void;
  directory: Pick<UserDirectory, "people">;
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  /** the newest notifications of the user */
  notifications(): readonly ReceivedNotification[];
  storeList(): void;
  waitUntil(work: Promise<unknown>): void;
}

/**
 * What a bot is told over an API for bots: it asks for updates, or has them sent to a webhook. The first time
 * it does, the queue is switched on. A user who never does has no row and no job of it.
 */
export class BotUpdates implements Outfeed {
  readonly #deps: BotUpdatesDeps;
  readonly #queue: UpdateQueue;
  readonly #longPolls: LongPolls;
  readonly #feed: ConversationFeed;
  readonly #taps: TapUpdates;
  readonly #deliveries: WebhookDeliveries;

  constructor(storage: DurableObjectStorage, deps: BotUpdatesDeps) {
    this.#deps = deps;
    const queue = new UpdateQueue(storage, deps);
    this.#queue = queue;
    const read = (limit: number) => this.#read(limit);
    this.#longPolls = new LongPolls(queue, read);
    this.#deliveries = new WebhookDeliveries({ ...deps, queue, read });
    const placeOf = (context: BotPlace, { named }: UsersTold) => this.#placeOf(context, named);
    const feeding = { ...deps, queue, placeOf, added: () => this.#added() };
    this.#feed = new ConversationFeed({ ...feeding, removalFrom: (id) => this.#removalFrom(id) });
    this.#taps = new TapUpdates(feeding);
  }

  /** @see Outfeed.taken */
  taken(update: InboxUpdate): number | null {
    const { state } = this.#queue;
    if (state && !state.webhook && Date.now() - state.askedAt > this.#deps.timing.botUpdates.idleMs)
      this.#queue.end();
    return this.#feed.taken(update);
  }

  /** Whether the bot is told of anything. */
  get isOn(): boolean {
    return this.#queue.state !== null;
  }

  /** Whether the bot waits for updates: the fan-out then calls this inbox as one with a device. */
  get isListening(): boolean {
    return this.#queue.state !== null && this.#longPolls.isListening(this.#deps.timing.botUpdates.listenMs);
  }

  /** The updates that the bot has not taken. @see LongPolls.ask */
  ask(request: UpdatesRequest): Promise<UpdatesAnswer> {
    this.#asked();
    if (request.allowed && !this.#queue.state?.webhook) this.#queue.setAllowed(request.allowed);
    return this.#longPolls.ask(request);
  }

  /** Sets, replaces or ends the webhook. Idempotent. */
  setWebhook({ webhook, allowed, drops }: WebhookChange): void {
    if (!webhook && !drops && !this.#queue.state) return;
    this.#asked(drops);
    if (allowed) this.#queue.setAllowed(allowed);
    if (drops) this.#queue.drop();
    this.#queue.setWebhook(webhook);
    this.#longPolls.end();
    this.#deliveries.begin();
  }

  /** The webhook, and what waits. */
  get webhook(): WebhookState {
    const { state } = this.#queue;
    if (!state) return { webhook: null, waiting: 0, allowed: null, failure: null };
    const { webhook, allowed, failure } = state;
    return { webhook, waiting: this.#queue.waiting(), allowed, failure };
  }

  /** A session has ended: its webhook is called no more. */
  endSession(sessionId: SessionId): void {
    if (this.#queue.state?.webhook?.sessionId === sessionId) this.#queue.setWebhook(null);
    this.#longPolls.end();
  }

  /** The account is deleted. */
  stop(): void {
    if (this.#queue.state) this.#queue.end();
    this.#longPolls.end();
  }

  /** @see Outfeed.read */
  read(id: ConversationId, calls: CallBudget): Promise<number | null> {
    return this.#feed.read(id, calls);
  }

  /** @see Outfeed.readTap */
  readTap(tap: Tap): Promise<(() => void) | null> {
    return this.#taps.read(tap);
  }

  /** The `bot_webhook` job. */
  deliver(): Promise<number | null> {
    return this.#deliveries.run();
  }

  /** @param fromNow a queue that is switched on by this tells of nothing that was before */
  #asked(fromNow = false): void {
    const now = Date.now();
    const since = fromNow ? now : now - this.#deps.timing.botUpdates.keepMs;
    for (const id of this.#queue.ask(since)) this.#deps.wake(id);
  }

  /**
   * The oldest updates. Who is named in one that has waited may have another name by now, or have deleted the
   * account. One query of D1 then, else none.
   */
  async #read(limit: number): Promise<NumberedUpdate[]> {
    const { directory, format, timing } = this.#deps;
    const updates = this.#queue.first(limit);
    const fresh = Date.now() - timing.botUpdates.freshMs;
    const ids = updates.flatMap(({ at, body }) => (at <= fresh ? format.usersIn(body) : []));
    if (ids.length === 0) return updates;
    const people = await directory.people([...new Set(ids)]);
    const known = new Map(people.map((person) => [person.id, person]));
    return updates.map(({ body, ...update }) => ({ ...update, body: format.renamed(body, known) }));
  }

  /** A conversation with the profiles of those users whom nothing else tells. One query of D1, or none. */
  async #placeOf(context: BotPlace, named: readonly UserId[]): Promise<BotPlace> {
    const ids = new Set(named.filter((id) => id !== context.peer?.id));
    return ids.size === 0 ? context : { ...context, people: await this.#deps.directory.people([...ids]) };
  }

  #removalFrom(id: ConversationId): { by: UserId; at: number } | null {
    const found = this.#deps
      .notifications()
      .find(({ event, group }) => group.id === id && (event === "removed" || event === "added"));
    return found?.event === "removed" ? { by: found.actorId, at: found.createdAt } : null;
  }

  #added(): void {
    this.#longPolls.added();
    this.#deliveries.begin();
  }
}
