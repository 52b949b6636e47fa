import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { type HookOrigin, noIncomingHook } from "../../domain/conversations/incoming-hook.ts";
import { CoreError, noMessage } from "../../domain/errors.ts";
import { NOBODY, type Seq } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type BodyJson, bodyJson, type Kind, StoredBody } from "../../domain/messages/content.ts";
import type { Draft, Message } from "../../domain/messages/message.ts";
import type { HookPost } from "../../domain/server/hook-post.ts";
import { codePoints } from "../../domain/text.ts";
import { sha256 } from "../../lib/sha256.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import { overseer } from "../actions/backend.ts";
import type { Editing } from "../actions/editing.ts";
import type { Redaction } from "../actions/redaction.ts";
import { type MessageRow, readHook } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import type { Sends } from "../sending/sends.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import { type HookMakers, mayHaveHooks, waitsForAdmin } from "./hook-makers.ts";
import type { IncomingHooks, StoredIncomingHook } from "./incoming-hooks.ts";
import type { PostRate } from "./post-rate.ts";

/** What the URL of a hook shows. */
export interface HookUrl {
  hook: string;
  secret: string;
}

/** A post, with what its URL shows. */
export interface PostToHook extends HookUrl {
  post: HookPost;
}

/** A message that is named beside the URL of its hook. */
export interface OnHookMessage extends HookUrl {
  seq: Seq;
}

/** What a message of a hook is to say instead: its text, or its caption. */
export interface HookEdit extends OnHookMessage {
  text: string;
}

/** What a post has become: its first message, and those of its further files. */
export interface StoredPost {
  message: Message;
  further: Message[];
  /** an earlier post with the same key has stored the first one */
  isRepeated: boolean;
}

type Room = Pick<
  RoomContext,
  "flushSends" | "log" | "members" | "renderer" | "rights" | "state" | "updateAllInboxes"
>;

interface HookPostsDeps {
  sends: Pick<Sends, "store">;
  editing: Pick<Editing, "editByHook">;
  redaction: Pick<Redaction, "revokeAs">;
  makers: HookMakers;
  rate: PostRate;
}

/**
 * Takes what other services post to the hooks of a group. A message by a hook has nobody as its sender, and
 * is stored by the right of who has made the hook.
 */
export class HookPosts {
  readonly #room: Room;
  readonly #hooks: IncomingHooks;
  readonly #deps: HookPostsDeps;

  constructor(room: Room, hooks: IncomingHooks, deps: HookPostsDeps) {
    this.#room = room;
    this.#hooks = hooks;
    this.#deps = deps;
  }

  /**
   * The hook that a URL names.
   * @throws `not_found`, the same for an unknown hook and a wrong secret; `forbidden` for one whose maker may
   *   have none here
   */
  require({ hook: id, secret }: HookUrl): StoredIncomingHook {
    const hook = this.#hooks.find(id);
    // An unknown hook takes as long as a wrong secret.
    if (!isSecretOf(secret, hook?.secretHash) || !hook) throw noIncomingHook();
    if (!mayHaveHooks(this.#room, hook.createdBy)) throw waitsForAdmin();
    return hook;
  }

  /**
   * Stores a message by a hook, and a further one for each further file. A repeat with the same key answers
   * with the first messages, and does not count. One of a hook whose maker is in the shadow is seen by staff
   * alone.
   * @throws `not_found`; `forbidden` while the hook waits for an admin; `rate_limited` over 300 at once and
   *   5 a second; `full`; `refused` by a rule of the deployment or its backend; as `Threads.refusal`
   */
  async post({ post, ...url }: PostToHook): Promise<StoredPost> {
    const { hook, suspension } = await this.#admit(url);
    this.#room.flushSends();
    const { log } = this.#room;
    const { thread, key } = post;
    const root = thread === undefined ? undefined : log.get(thread);
    // What nobody but its sender sees is not there for a hook, either.
    if (root && root.shadowed !== null && !(suspension && root.sender_id === NOBODY))
      throw noMessage(root.seq);
    const drafts = contentsOf(post).map((content, i): Draft => {
      // Each message of a post has a key of its own.
      const own = i === 0 ? key : `${key}\n${i}`;
      return {
        ...content,
        clientMsgId: key === undefined ? undefined : clientIdOf(hook, own ?? ""),
        quoteSeq: undefined,
        mentions: [],
        thread: thread && { root: thread, alsoInMain: true },
        hookOrigin: originOf(hook, post),
        ...(suspension && { shadowed: true }),
      };
    });
    const isKnown = ({ clientMsgId }: Draft) =>
      clientMsgId !== undefined && log.byClientId(NOBODY, clientMsgId) !== undefined;
    this.#count(hook, drafts.filter((draft) => !isKnown(draft)).length);
    const stored: { message: Message; isRepeated: boolean }[] = [];
    for (const draft of drafts) {
      const { row, isRepeated } = await this.#deps.sends.store(NOBODY, draft);
      stored.push({ message: await whenLoaded(() => this.#shown(row)), isRepeated });
    }
    const [first, ...others] = stored;
    if (!first) throw new Error("a post has a message at least");
    return { ...first, further: others.map(({ message }) => message) };
  }

  /**
   * A message that the hook has brought.
   * @throws as `post`; `not_found` for a message of anybody else, and for one that is revoked or has expired
   */
  async read({ seq, ...url }: OnHookMessage): Promise<Message> {
    const { hook } = await this.#admit(url);
    this.#count(hook);
    return this.#shown(this.#own(hook, seq));
  }

  /**
   * Gives a message that the hook has brought another text, or caption.
   * @throws as `read` and `Editing.editByHook`
   */
  async edit({ seq, text, ...url }: HookEdit): Promise<Message> {
    const { hook } = await this.#admit(url);
    this.#count(hook);
    const find = () => this.#own(this.require(url), seq);
    return this.#shown(await this.#deps.editing.editByHook(find, saying(find(), text)));
  }

  /** Revokes a message that the hook has brought, by the right of the hook's maker. @throws as `read` */
  async revoke({ seq, ...url }: OnHookMessage): Promise<void> {
    const { hook } = await this.#admit(url);
    this.#count(hook);
    this.#deps.redaction.revokeAs(hook.createdBy, this.#own(hook, seq));
    await this.#room.updateAllInboxes();
  }

  /** The hook of a URL, once it is known whether its maker is suspended. @throws as `require` */
  async #admit(url: HookUrl) {
    const suspension = await this.#deps.makers.suspensionOf(this.require(url).createdBy);
    // The hook, or the role of its maker, may have changed meanwhile; another maker has another secret.
    const hook = this.require(url);
    if (suspension?.shadow === false) throw waitsForAdmin();
    return { hook, suspension };
  }

  /** @throws `rate_limited` */
  #count({ id }: StoredIncomingHook, count = 1): void {
    if (!this.#deps.rate.take(id, count)) throw tooMany();
  }

  /** The row of a message that a hook has brought. @throws `not_found` */
  #own({ id }: StoredIncomingHook, seq: Seq): MessageRow {
    this.#room.flushSends();
    const { log, state } = this.#room;
    const row = seq > state.floor.seq ? log.get(seq) : undefined;
    const isOwn = row?.hook && readHook(row.hook).id === id && row.revoked_rev === null;
    if (!row || !isOwn) throw noMessage(seq);
    return row;
  }

  #shown(row: MessageRow): Message {
    const [message] = this.#room.renderer.render([row], overseer(this.#room.state));
    if (!message) throw new Error("one row makes one message");
    return message;
  }
}

/** What the messages of a post say. A text that is too long for a caption is a message of its own. */
function contentsOf({ text, files = [] }: HookPost): { kind: Kind; body: BodyJson }[] {
  const isCaption = codePoints(text) <= LIMITS.caption;
  const media = files.map(({ kind, body }, i) => ({
    kind,
    body: bodyJson({ body: i === 0 && isCaption && text !== "" ? { ...body, caption: text } : body }),
  }));
  const hasOwn = files.length === 0 || !isCaption;
  return hasOwn ? [{ kind: "text", body: bodyJson({ body: { text } }) }, ...media] : media;
}

/** The body of a message that says something else. */
function saying({ kind, body }: MessageRow, text: string): BodyJson {
  if (kind === "text") return bodyJson({ body: { text } });
  return JSON.stringify({ ...StoredBody.parse(JSON.parse(body)), caption: text });
}

/** As whom a hook answers in threads. */
export function hookReader(
  state: Pick<ConversationState, "floor">,
): Pick<MemberRow, "user_id" | "visible_from" | "role"> {
  const { user_id, visible_from } = overseer(state);
  return { user_id, visible_from, role: "member" };
}

/** All hooks, and notices, have one sender: what their keys are stored as has the hook in it. */
function clientIdOf({ id }: StoredIncomingHook, key: string): string {
  return `hook_${createHash("sha256").update(`${id} ${key}`).digest("hex").slice(0, 40)}`;
}

function originOf({ id, name, avatar }: StoredIncomingHook, post: HookPost): HookOrigin {
  return { id, name, nickname: post.name || name, avatar: post.avatar || avatar };
}

function tooMany(): CoreError {
  const { hookBurst, hookPostsPerSecond } = LIMITS;
  const detail = `A hook takes ${hookBurst} messages at once, then ${hookPostsPerSecond} a second. Post it again in a second.`;
  return new CoreError("rate_limited", detail, { retryAfter: 1 });
}

/** What an unknown hook is compared with, so that its answer takes as long as that for a wrong secret. */
const NO_HASH = sha256("");

/** Whether a secret is the one of a stored hash, in constant time. @param stored undefined: no hook */
function isSecretOf(secret: string, stored: string | undefined): boolean {
  const isSame = timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(stored ?? NO_HASH));
  return isSame && stored !== undefined;
}
