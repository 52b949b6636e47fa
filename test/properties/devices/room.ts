import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { Conversation } from "../../../src/surfaces/v1/conversations/conversation.ts";
import { Receipts } from "../../../src/surfaces/v1/conversations/read-positions.ts";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { ChangesPage, MessagePage } from "../../../src/surfaces/v1/messages/messages.ts";
import { ThreadList } from "../../../src/surfaces/v1/messages/threads.ts";
import { VoterPage } from "../../../src/surfaces/v1/messages/voting.ts";
import { type Answer as Answered, call, type SignedIn } from "../../support/clients/api.ts";
import { type DisplayedMessage, displayedMessage, UNCHANGED } from "../../support/clients/displayed.ts";
import { type Answer, type Draft, OPTIONS, sentOf, wireOf } from "../../support/clients/model-client.ts";
import { acceptSocket, roomPath, upgrade } from "../../support/clients/socket.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { conversationObject, itemAt } from "../../support/objects/room.ts";
import { type Model, textOf } from "./model.ts";

const Problem = z.object({ code: z.string() });
const Refused = z.object({ code: z.string(), client_msg_id: z.string() });
const Ack = z.object({ client_msg_id: z.string(), seq: z.int(), created_at: z.int() });

const Waiting = z.object({ scheduled: z.object({ id: z.string() }) });
const Failed = z.object({ failed: z.string().optional() });
/** How far ahead a message is scheduled, and how long its outcome may take, in ms. */
const SOON_MS = 200;
const OUTCOME_MS = 20_000;

/** The messages of a page back: so few that there are several. */
const PAGE_BACK = 37;
const Ending = z.object({ ends_at: z.int().default(0) });
/** The refusals that end a draft. */
const REFUSED = ["not_found", "blocked", "validation_failed"];

/** A conversation under test, as its members use it over HTTP, with its model. */
export class Room {
  readonly model: Model;
  readonly path: string;
  readonly #people: SignedIn[];
  /** the answers since the last check */
  readonly #answers: (Answer & { userId: number })[] = [];
  readonly #clearing = new Set<number>();
  #texts = 0;
  /** a message may have changed since the last check */
  isChanging = false;
  /** somebody has done something here since it was last learnt what is each member's own */
  isTouched = false;

  constructor(model: Model, people: SignedIn[]) {
    this.model = model;
    this.path = `/v1/conversations/${model.id}`;
    this.#people = people;
  }

  /** A call by a member. A call refused as temporarily impossible is repeated. */
  async call({ token }: SignedIn, method: string, path: string, body?: unknown): Promise<Answered> {
    this.isTouched ||= method !== "GET";
    for (let tries = 0; ; tries++) {
      const answer = await call(method, this.path + path, { token, ...(body !== undefined && { body }) });
      if (answer.status < 500) return answer;
      expect(tries, JSON.stringify(answer)).toBeLessThan(20);
    }
  }

  /** A call that may change a message. */
  change(who: SignedIn, method: string, seq: number, path: string, body?: object): Promise<Answered> {
    this.isChanging = true;
    return this.call(who, method, `/messages/${seq}${path}`, body);
  }

  /** Sends over HTTP. */
  async post(who: SignedIn, draft: Draft): Promise<void> {
    const sent = this.model.stored(draft);
    const isSeen = !sent || this.model.sees(who.user.id, sent.seq);
    const { status, body } = await this.call(who, "POST", "/messages", wireOf(draft));
    if (status >= 400) {
      this.answered(who.user.id, { draft, code: Problem.parse(body).code });
      return;
    }
    const message = Message.parse(body);
    const { seq, created_at: createdAt } = message;
    this.answered(who.user.id, { draft, seq, createdAt });
    // Who does not see a message any more learns nothing of what has become of it, but that it was revoked.
    if (isSeen) return;
    const { rev, reactions = [], pinned_at, thread_summary, revoked } = message;
    const told = { rev: revoked ? 0 : rev, reactions, pinned_at, thread_summary };
    const nothing = { rev: 0, reactions: [], pinned_at: 0, thread_summary: undefined };
    expect(told, `what ${who.user.id} learns of ${seq}, which they do not see`).toEqual(nothing);
  }

  /** Sends as a scheduled message that is due at once, and waits for what becomes of it. */
  async postLater(who: SignedIn, draft: Draft): Promise<void> {
    // It is sent in its own time, and asked for by a repeat.
    draft.elsewhere = true;
    const message = { ...wireOf(draft), send_at: Date.now() + SOON_MS };
    const { status, body } = await this.call(who, "POST", "/messages", message);
    if (status === 202) {
      const code = await this.#outcome(who, Waiting.parse(body).scheduled.id);
      if (code === null) await this.post(who, draft);
      else this.answered(who.user.id, { draft, code });
      return;
    }
    // 200: it was sent before. On a slow machine the time is over before the call arrives.
    expect([200, 400, 403, 404], JSON.stringify(body)).toContain(status);
    await this.post(who, draft);
  }

  /** Resolves once a scheduled message is sent, with null, or refused, with the code. */
  async #outcome({ token }: SignedIn, id: string): Promise<string | null> {
    for (const since = Date.now(); ; await nextTurn(20)) {
      const { status, body } = await call("GET", `/v1/scheduled/${id}`, { token });
      if (status === 404) return null;
      expect(status, JSON.stringify(body)).toBe(200);
      const { failed } = Failed.parse(body);
      if (failed !== undefined) return failed;
      expect(Date.now() - since, `${id} waits`).toBeLessThan(OUTCOME_MS);
    }
  }

  /** Sends over a room socket. @returns the drafts that were not answered */
  async sayInRoom({ token, user }: SignedIn, drafts: Draft[]): Promise<Draft[]> {
    const response = await upgrade(roomPath(this.model.id), token);
    if (response.status !== 101) return drafts;
    const socket = acceptSocket(response);
    const items = drafts.map(wireOf);
    for (let i = 0; i < items.length; i += 64) socket.send({ type: "sends", items: items.slice(i, i + 64) });
    await socket.until(
      ({ acks, isOpen }) => !isOpen || acks.length + socket.of("error").length >= drafts.length,
    );
    socket.close();
    const waiting = new Map(drafts.map((draft) => [draft.clientMsgId, draft]));
    const take = (id: string) => {
      const draft = waiting.get(id);
      waiting.delete(id);
      return draft;
    };
    for (const { client_msg_id, seq, created_at: createdAt } of z.array(Ack).parse(socket.acks)) {
      const draft = take(client_msg_id);
      if (draft) this.answered(user.id, { draft, seq, createdAt });
    }
    for (const { code, client_msg_id } of z.array(Refused).parse(socket.of("error"))) {
      const draft = REFUSED.includes(code) ? take(client_msg_id) : undefined;
      if (draft) this.answered(user.id, { draft, code });
    }
    return [...waiting.values()];
  }

  /** A text that was never used. */
  text(): string {
    return `${this.model.id} ${++this.#texts}`;
  }

  answered(userId: number, answer: Answer): void {
    this.isTouched = true;
    this.#answers.push({ ...answer, userId });
  }

  async clear(who: SignedIn): Promise<void> {
    expect((await this.call(who, "DELETE", "")).status).toBe(204);
    this.#clearing.add(who.user.id);
  }

  /** Takes in new messages and their consequences. @param mayBeBlocked a block was active during the step */
  async learn(mayBeBlocked: boolean): Promise<void> {
    const { model } = this;
    for (const message of await this.#news()) {
      model.store(message);
      // Its root has another summary.
      if (message.thread) this.isChanging = true;
    }
    // Before the answers: a root that its user has just deleted is not found.
    for (const userId of this.#clearing) model.clear(userId, await this.#clearedUpTo(userId));
    this.#clearing.clear();
    for (const answer of this.#answers.splice(0)) {
      const { draft, userId } = answer;
      const stored = model.stored(draft);
      if ("seq" in answer) {
        const { seq, createdAt } = answer;
        expect({ seq: stored?.seq, createdAt: stored?.createdAt }, `what became of ${draft.text}`).toEqual({
          ...{ seq, createdAt },
        });
        continue;
      }
      const root = draft.thread && model.message(draft.thread.root);
      const reason = {
        not_found: model.mayBeOut(userId) || (root !== undefined && !model.sees(userId, root.seq)),
        blocked: mayBeBlocked,
        validation_failed: hasEnded(draft) || (root !== undefined && model.isRevoked(root.seq)),
      };
      const failure = `${draft.text} of ${userId} was refused as ${answer.code}`;
      expect(Object.entries(reason), failure).toContainEqual([answer.code, true]);
      if (!draft.elsewhere) expect(stored, failure).toBeUndefined();
    }
  }

  /**
   * The messages after the known ones: as the owner or both users see them, and as the sends were answered.
   */
  async #news(): Promise<DisplayedMessage[]> {
    const { ownerId, last } = this.model;
    const observers = this.#people.filter(({ user }) =>
      ownerId === null ? this.model.isIn(user.id) : user.id === ownerId,
    );
    const found = new Map<number, DisplayedMessage>();
    for (const answer of this.#answers) {
      if (!("seq" in answer) || answer.seq <= last) continue;
      const { seq, draft, createdAt, userId: senderId } = answer;
      const { poll, ...said } = sentOf(draft);
      found.set(seq, {
        ...{ seq, senderId, ...said, revoked: false, createdAt },
        changes: { ...UNCHANGED, poll },
      });
    }
    for (const observer of observers)
      for (const message of await this.history(observer, true, last)) found.set(message.seq, message);
    return [...found.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The messages that a user reads after a seq, page by page. @param threads with thread-only replies */
  async history(who: SignedIn, threads: boolean, after = 0): Promise<DisplayedMessage[]> {
    const all: DisplayedMessage[] = [];
    for (let more = true; more; ) {
      const path = `/messages?after=${all.at(-1)?.seq ?? after}&limit=100${threads ? "&threads=all" : ""}`;
      const since = Date.now();
      const page = MessagePage.parse((await this.call(who, "GET", path)).body);
      for (const { seq, poll, body } of page.items) {
        const { ends_at } = Ending.parse(body);
        if (poll && ends_at <= since && ends_at > 0)
          expect(poll.closed_at, `the end of ${seq}`).toBeGreaterThan(0);
      }
      all.push(...page.items.map(displayedMessage));
      more = page.has_more;
    }
    return all;
  }

  /** No message of this step is hidden, so the first one that the user sees follows their deletion. */
  async #clearedUpTo(userId: number): Promise<number> {
    const { before, last } = this.model;
    const [first] = await this.history(this.person(userId), true, before);
    return first ? first.seq - 1 : last;
  }

  /** Takes in what has changed since the last step, as each member sees it. */
  async learnChanges(): Promise<void> {
    if (!this.isChanging) return;
    this.isChanging = false;
    const { model } = this;
    const { changes } = model;
    const revs = await Promise.all(model.members.map((userId) => this.#changesFor(userId)));
    changes.rev = Math.max(changes.rev, ...revs);
    const isSeen = (seq: number) => model.members.some((userId) => model.sees(userId, seq));
    changes.endStep((seq) => (isSeen(seq) ? model.stateOf(seq) : undefined));
  }

  async #changesFor(userId: number): Promise<number> {
    const { changes } = this.model;
    let { rev } = changes;
    for (let more = true; more; ) {
      const path = `/changes?threads=all&after_rev=${rev}`;
      const { status, body } = await this.call(this.person(userId), "GET", path);
      // More has changed than is listed.
      if (status === 410) return this.#reload(userId);
      const page = ChangesPage.parse(body);
      for (const message of page.items) this.#learnChange(userId, displayedMessage(message));
      rev = page.rev;
      more = page.has_more;
    }
    return rev;
  }

  /** Loads everything anew, as a client does that gets no changes. */
  async #reload(userId: number): Promise<number> {
    const { rev } = this.model.changes;
    const messages = await this.history(this.person(userId), true);
    const changed = messages.filter(({ changes }) => changes.rev > rev);
    for (const message of changed) this.#learnChange(userId, message);
    return Math.max(rev, ...changed.map(({ changes }) => changes.rev));
  }

  #learnChange(userId: number, message: DisplayedMessage): void {
    const { mine, votes, summary: _, poll, ...shared } = message.changes;
    const { seq } = message;
    const endsAt = this.model.message(seq)?.changes.poll?.closesAt ?? 0;
    const { counts = [], voters = 0, closesAt = 0 } = poll ?? {};
    const state = {
      ...{ ...shared, text: textOf(message) },
      poll: poll && { counts, voters, closedAt: closesAt === endsAt ? 0 : closesAt },
    };
    this.model.changes.learn(userId, seq, state, { mine: mine ?? [], votes: votes ?? [] });
  }

  /** Takes in which threads each member follows. */
  async learnThreads(): Promise<void> {
    const { model } = this;
    if (!model.follows.isChanging) return;
    for (const { user } of this.#people) if (!model.isIn(user.id)) model.follows.learn(user.id, []);
    for (const userId of model.members) {
      const { body } = await this.call(this.person(userId), "GET", "/threads?limit=100");
      const followed = ThreadList.parse(body).items.map(({ root, read_seq, unread_count }) => ({
        ...{ root: root.seq, readSeq: read_seq, unread: unread_count },
      }));
      model.follows.learn(userId, followed);
    }
    model.follows.endStep();
  }

  /** Takes in where unread messages begin for each member, and what they keep for themselves. */
  async learnOwn(): Promise<void> {
    if (!this.isTouched) return;
    this.isTouched = false;
    for (const userId of this.model.members) {
      const { status, body } = await this.call(this.person(userId), "GET", "");
      expect(status, `whether ${userId} is in ${this.model.id}`).toBe(200);
      const { unread_from, unread_count, threads_unread, archived, silent } = Conversation.parse(body);
      this.model.learnMark(userId, unread_from);
      const unread = { unread_count, threads_unread };
      expect(unread, `what is unread for ${userId} in ${this.model.id}`).toEqual(this.model.unread(userId));
      this.model.preferences.learn(userId, { archived, silent });
    }
    this.model.preferences.endStep();
  }

  /** A user reads over HTTP. An outsider has nothing to read. */
  async read(who: SignedIn, seq: number): Promise<void> {
    const { status } = await this.call(who, "PUT", "/read", { seq });
    if (status === 200) this.model.read(who.user.id, seq);
    else expect([status, this.model.mayBeOut(who.user.id)]).toEqual([404, true]);
  }

  /**
   * Asserts that a user reads what the model has. An outsider must learn nothing.
   * @param isBlocked one user of the direct conversation blocks the other: nobody learns what the other has
   *   read
   */
  async check(who: SignedIn, isBlocked: boolean): Promise<void> {
    const { model } = this;
    const hidesReads = isBlocked && model.ownerId === null;
    const { id } = who.user;
    const path = model.isIn(id) ? "/receipts" : "";
    const { status, body } = await this.call(who, "GET", path);
    expect(status, `whether ${id} is in ${model.id}`).toBe(model.isIn(id) ? 200 : 404);
    if (!model.isIn(id)) return;
    const read = Receipts.parse(body).items.map(({ user_id, read_seq }) => [user_id, read_seq]);
    const positions = model.members.map((member) => [
      member,
      hidesReads && member !== id ? 0 : model.position(member),
    ]);
    expect(read.sort(), `who has read what in ${model.id}`).toEqual(positions.sort());
    await this.#checkVoters(who);
    for (const threads of [true, false])
      expect(await this.history(who, threads), `what ${id} reads in ${model.id}`).toEqual(
        model.view(id, threads),
      );
    expect(await this.#backwards(who), `what ${id} reads back in ${model.id}`).toEqual(model.view(id, true));
  }

  /** The messages that a user reads from the newest one on, page by page. */
  async #backwards(who: SignedIn): Promise<DisplayedMessage[]> {
    const all: DisplayedMessage[] = [];
    for (let more = true; more; ) {
      const before = all[0] ? `&before=${all[0].seq}` : "";
      const path = `/messages?threads=all&limit=${PAGE_BACK}${before}`;
      const page = MessagePage.parse((await this.call(who, "GET", path)).body);
      all.unshift(...page.items.map(displayedMessage));
      more = page.has_more;
    }
    return all;
  }

  /** Asserts who has voted for what in the newest polls. Nobody learns it of an anonymous one. */
  async #checkVoters(who: SignedIn): Promise<void> {
    const { model } = this;
    const { id } = who.user;
    const polls = model.polls.filter(({ seq }) => model.sees(id, seq) && !model.isRevoked(seq));
    for (const { seq, anonymous } of polls.slice(-2)) {
      for (const option of OPTIONS.keys()) {
        const { status, body } = await this.call(who, "GET", `/messages/${seq}/votes?option=${option}`);
        expect(status, `whether ${id} learns the votes of ${seq}`).toBe(anonymous ? 403 : 200);
        if (anonymous) continue;
        const voters = VoterPage.parse(body).items.map(({ user }) => user.id);
        expect(voters.sort(), `the votes for ${option} of ${seq}`).toEqual(
          model.changes.voters(seq, option).sort(),
        );
      }
    }
  }

  /** One of the users, by number. */
  people(who: number): SignedIn {
    return itemAt(this.#people, who);
  }

  person(userId: number): SignedIn {
    const found = this.#people.find(({ user }) => user.id === userId);
    if (!found) throw new Error(`${userId} is not one of the people`);
    return found;
  }

  /** Half a minute passes: the alarm checks whether all deliveries were made. */
  async alarm(): Promise<void> {
    const stub = conversationObject(ConversationId.parse(this.model.id));
    const sql = "UPDATE jobs SET due = 1 WHERE kind = 'fanout'";
    await runInDurableObject(stub, async (_, { storage }) => {
      if (storage.sql.exec(sql).rowsWritten > 0) await storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(stub);
  }
}

/** Whether a draft is a poll that may have ended before it was sent. */
function hasEnded({ poll }: Draft): boolean {
  return poll !== undefined && poll.ends_at > 0 && poll.ends_at <= Date.now();
}
