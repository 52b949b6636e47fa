import type { Chat } from "../chat.ts";
import type { Draft, Frame } from "../types.ts";
import { type Fields, rootOf } from "./fields.ts";
import { type DraftContent, type Field, isEmpty, isSame, type Sent } from "./storage.ts";

/** What a saver works with, and whom it tells. */
export interface SaverOptions {
  readonly chat: Chat;
  readonly fields: Fields;
  /** what is written within this time is saved once, in ms */
  readonly pause: number;
  /** the draft of a conversation is another one */
  onChange(id: number): void;
  /** the server has told every session of it but this one */
  onFrame(frame: Frame<"draft">): void;
}

/** What the server is to be told of a conversation: to delete its draft, or to save that of a field. */
interface Next {
  readonly field?: Field;
  /** saves what was sent, if its message is not stored */
  readonly lost?: Sent;
}

/**
 * Saves drafts on the server, which has one of each conversation, and follows what becomes of them. Loaded
 * once the page is there.
 */
export class Saver {
  readonly #options: SaverOptions;
  /** what waits to be saved, by conversation */
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  /** the calls of a conversation, one after the other */
  readonly #calls = new Map<number, Promise<void>>();
  /** what the server has refused, which is not saved again before there is another connection */
  readonly #refused = new Set<DraftContent>();
  /** the `updated_at` of the newest draft that frames have told of, by conversation */
  readonly #told = new Map<number, number>();
  readonly #ends: readonly (() => void)[];

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#ends = [
      options.chat.onFrame((frame) => {
        if (frame.type === "ready") this.#refused.clear();
        else if (frame.type === "deleted") this.#drop(frame.conversation_id);
        else if (frame.type === "draft") {
          const { conversation_id: id, updated_at: gone = 0 } = frame;
          this.#told.set(id, Math.max(this.#toldOf(id), frame.draft?.updated_at ?? gone));
        }
      }),
      // Whatever has changed: a draft of the server, the outbox, the connection.
      options.chat.subscribe(
        () => ({}),
        () => this.#look(),
      ),
    ];
    this.#look();
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Saves a conversation a little later, once for all changes meanwhile. */
  saveSoon(id: number, pause = this.#options.pause): void {
    if (!this.#timers.has(id))
      this.#timers.set(
        id,
        setTimeout(() => void this.#save(id), pause),
      );
  }

  /** Saves at once what waits. @param isEnd the page may end: calls outlive it */
  async flush(isEnd = false): Promise<void> {
    const saves = [...this.#timers.keys()].map((id) => this.#save(id, isEnd));
    await Promise.all([...saves, ...this.#calls.values()]);
  }

  /** The user has deleted a conversation: what was being written there goes with it. */
  #drop(id: number): void {
    const { fields, onChange } = this.#options;
    for (const field of fields.of(id)) fields.empty(field);
    onChange(id);
  }

  #look(): void {
    const { chat, fields } = this.#options;
    const { connection } = chat.state;
    // The outbox is not restored yet.
    if (connection === "offline") return;
    for (const [id, all] of fields.all) {
      for (const field of all) this.#follow(field);
      if (connection === "live" && this.#next(id)) this.saveSoon(id);
    }
  }

  #follow(field: Field): void {
    const { fields, onChange } = this.#options;
    const { id, root, content, isSaved } = field;
    this.#followSent(field);
    const slot = fields.slot(id);
    if (fields.isReplaced(field)) {
      fields.empty(field);
      onChange(id);
    } else if (slot?.client_msg_id === field.clientMsgId) {
      field.seen = Math.max(field.seen, slot.updated_at);
      if (isSame(slot, content) !== isSaved) fields.keep(Object.assign(field, { isSaved: !isSaved }));
    } else if (slot && isSaved && !isEmpty(content) && rootOf(slot) !== root)
      // Another field has taken the place.
      fields.keep(Object.assign(field, { isSaved: false }));
  }

  /** A message that the outbox had, and has no more, is stored or was discarded. */
  #followSent(field: Field): void {
    const { fields } = this.#options;
    const isHere = ({ id }: Sent) => fields.isQueued(field.id, id);
    const sent = field.sent
      .filter((one) => one.queued !== "here" || isHere(one))
      .map((one) => (!one.queued && isHere(one) ? { ...one, queued: "here" as const } : one));
    if (sent.length < field.sent.length || sent.some((one, i) => one !== field.sent[i]))
      fields.keep(Object.assign(field, { sent }));
  }

  #next(id: number): Next | undefined {
    const { fields } = this.#options;
    const slot = fields.slot(id);
    const all = fields.of(id);
    for (const field of all) {
      const lost = field.sent.find((one) => !one.queued && !this.#refused.has(one.content));
      if (lost) return { field, lost };
    }
    const isOver = slot && fields.isOver(id, slot);
    const holder = all.find((field) => slot?.client_msg_id === field.clientMsgId);
    const field = all.find((one) => {
      if (one.isSaved || this.#refused.has(one.content)) return false;
      if (!slot || isOver) return true;
      // Never over what was not seen here, nor over what was written later in another field.
      return holder ? holder.at <= one.at : rootOf(slot) === one.root && slot.updated_at <= one.seen;
    });
    if (field) return { field };
    const isSending = fields.isQueued(id, slot?.client_msg_id) || all.some(({ sent }) => sent.length > 0);
    return isOver && !isSending ? {} : undefined;
  }

  #save(id: number, isEnd = false): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const save = () => this.#call(id, isEnd);
    // Calls under way together could arrive in another order. A page that ends does not wait.
    const call = isEnd ? save() : Promise.resolve(this.#calls.get(id)).then(save);
    this.#calls.set(id, call);
    return call;
  }

  /** Tells the server what is next. What it refuses stays here. */
  async #call(id: number, keepalive: boolean): Promise<void> {
    const { chat, fields } = this.#options;
    const next = this.#next(id);
    if (!next) return;
    const { field, lost } = next;
    const slot = fields.slot(id);
    const content = lost?.content ?? field?.content;
    const address = `/v1/conversations/${id}/draft`;
    try {
      if (!content || isEmpty(content)) {
        const seen = `${address}?updated_at=${slot?.updated_at}`;
        if (slot) await chat.api.request("delete", seen, { keepalive });
        if (field && content && isSame(field.content, content)) fields.empty(field);
        if (slot) this.#take(id, slot, true);
      } else {
        const ids = { client_msg_id: lost?.id ?? field?.clientMsgId, replaces: slot?.updated_at ?? 0 };
        const body = JSON.stringify({ ...content, ...ids });
        const draft = await chat.api.request<Draft>("put", address, { body, keepalive });
        if (field && lost) this.#restore(field, lost, draft);
        else if (field) this.#saved(field, content, draft);
        this.#take(id, draft);
      }
    } catch (error) {
      const { code, draft }: { code?: string; draft?: Draft } = Object(error);
      // Another device has written one.
      if (draft) this.#take(id, draft);
      else if (field && lost && code === "conflict") this.#forget(field, lost);
      else if (content) this.#refused.add(content);
    }
  }

  #saved(field: Field, content: DraftContent, draft: Draft): void {
    const { updated_at: at, client_msg_id: id } = draft;
    field.seen = Math.max(field.seen, at);
    // It was sent meanwhile.
    if (id !== field.clientMsgId) field.over = Math.max(field.over, at);
    else if (isSame(field.content, content)) field.isSaved = true;
    this.#options.fields.keep(field);
  }

  /** What was sent is not stored: the user has it again, before what they have written since then. */
  #restore(field: Field, lost: Sent, { updated_at: at }: Draft): void {
    const text = [lost.content.text, field.content.text].filter(Boolean).join("\n");
    const content = { ...lost.content, ...field.content, text };
    const seen = Math.max(field.seen, at);
    Object.assign(field, { content, isSaved: false, at: Math.max(Date.now(), field.at), seen, over: seen });
    this.#forget(field, lost);
  }

  /** Nothing waits for a message any more. */
  #forget(field: Field, lost: Sent): void {
    const { fields, onChange } = this.#options;
    fields.keep(Object.assign(field, { sent: field.sent.filter((one) => one.id !== lost.id) }));
    onChange(field.id);
  }

  /** The newest that frames have told of the draft of a conversation. @see Saver.#told */
  #toldOf(id: number): number {
    return this.#told.get(id) ?? 0;
  }

  /**
   * Takes what no frame tells this session, unless one has told meanwhile that it was replaced or deleted.
   * @param about the draft that is there now, or that has gone
   */
  #take(id: number, about: Draft, isGone = false): void {
    const { updated_at } = about;
    const told = this.#toldOf(id);
    if (isGone ? told > updated_at : told >= updated_at) this.#look();
    else
      this.#options.onFrame({ type: "draft", conversation_id: id, draft: isGone ? null : about, updated_at });
  }
}
