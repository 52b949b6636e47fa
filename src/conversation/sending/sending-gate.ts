import type { Person } from "../../domain/accounts/person.ts";
import { type HookOrigin, hookPerson } from "../../domain/conversations/incoming-hook.ts";
import { CoreError, type ErrorData, type Failure, type Result } from "../../domain/errors.ts";
import type { ConversationId, IncomingHookId, SpaceId, UserId } from "../../domain/ids.ts";
import { type BodyJson, bodyJson, Content, type Kind } from "../../domain/messages/content.ts";
import type { Draft } from "../../domain/messages/message.ts";
import { checkMessage, shownToStaff } from "../../domain/moderation/rules/check-message.ts";
import type { CompiledRules } from "../../domain/moderation/rules/compile.ts";
import type { RuleId } from "../../domain/moderation/rules/rule.ts";
import type { MessageRules } from "../../domain/moderation/rules/shared.ts";
import { letsShow } from "../../domain/moderation/rules/shown.ts";
import type { ConversationDirectory, HookCaller, HookDirectory } from "../../domain/ports.ts";
import { GateAnswer, type HookId, type HookTarget, isAbout } from "../../domain/server/hook.ts";
import type { GateData, HookFormat } from "../../domain/server/hook-format.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { isoTime } from "../../lib/stored-time.ts";
import type { ExternalIds } from "../../object/hooks/external-ids.ts";
import { signedHeaders } from "../../object/hooks/signature.ts";
import type { HookPositions } from "../hooks/hook-positions.ts";
import type { KnownRules } from "./known-rules.ts";

/** What the gate needs of outside. */
interface GateDeps {
  directory: Pick<HookDirectory, "hook">;
  caller: Pick<HookCaller, "ask">;
  format: Pick<HookFormat, "sending">;
  externalIds: ExternalIds;
  rules: KnownRules;
  /** see `ConversationDirectory` */
  hold: ConversationDirectory["hold"];
  /** who answers for an incoming hook; undefined: there is none with the id */
  makerOf(hook: IncomingHookId): UserId | undefined;
  /** how long a hook is kept as it was read (ms) */
  keepMs: number;
}

/** A message, or an edit of one, that a user wants to store. */
export interface Intended extends Omit<GateData, "sender" | "externalId" | "spaceId"> {
  senderId: UserId;
  /** null: it is an edit */
  draft: Draft | null;
  /** with an edit: the incoming hook that has brought the message */
  hookOrigin?: HookOrigin | undefined;
}

/** A message that nothing stores. */
type Passing = Omit<Intended, "mentions" | "threadRoot" | "edits" | "draft">;

/** A message as it is to be stored. */
type Checked = Pick<Draft, "body" | "clientMsgId" | "shadowed" | "hookOrigin">;

const NOT_HELD =
  "A moderator would have to see it first: that is possible for a new message of your own alone.";

const TOO_MANY_HELD = "Too many of your messages wait for a moderator.";

const NOT_ALLOWED = "The message is not allowed here.";

const HELD: Failure = {
  ok: false,
  code: "held",
  detail: "The message waits for a moderator. Nobody else sees it before.",
  data: {},
};

const UNAVAILABLE: Failure = {
  ok: false,
  code: "unavailable",
  detail: "The message could not be checked. Send it again.",
  data: { retryAfter: 1 },
};

/**
 * Checks a message before it is stored, or edited: by the rules of the deployment, then by the hook of the
 * team's backend. It waits at the door: a message that waits keeps only those of its own sender waiting.
 */
export class SendingGate {
  readonly #positions: HookPositions;
  readonly #deps: GateDeps;
  readonly #spaceId: () => SpaceId | null;
  readonly #describe: (senderId: UserId) => Person;
  #known: { target: HookTarget; until: number } | undefined;

  /**
   * @param describe the sender as the hook is shown them
   * @param spaceId gives the space of the conversation, if it is a channel
   */
  constructor(
    positions: HookPositions,
    deps: GateDeps,
    describe: (senderId: UserId) => Person,
    spaceId: () => SpaceId | null,
  ) {
    this.#spaceId = spaceId;
    this.#positions = positions;
    this.#deps = deps;
    this.#describe = describe;
  }

  /**
   * Whether a rule or a hook is asked of the messages of a sender, or rules have to be read. Without them
   * nothing waits.
   */
  isSetFor(senderId: UserId): boolean {
    const rules = this.#deps.rules.known;
    if (this.#positions.gate !== null || rules === undefined || this.#isNewBot(senderId)) return true;
    return rules !== null && (rules.texts !== null || rules.shadowed.has(senderId));
  }

  /** The same, once the rules are known. Never rejects. */
  async isSet(senderId: UserId): Promise<boolean> {
    await this.#rulesFor(senderId);
    return this.isSetFor(senderId);
  }

  /** Whether a bot came after rules were read: it may have been born in the shadow of its maker. */
  #isNewBot(senderId: UserId): boolean {
    return this.#deps.rules.isNew(senderId) && this.#describe(senderId).bot === true;
  }

  /** Whether nobody but a user sees what they send. Never rejects. */
  async hides(userId: UserId): Promise<boolean> {
    if (!this.isSetFor(userId)) return false;
    return (await this.#rulesFor(userId))?.shadowed.has(userId) ?? false;
  }

  /** The same, as far as is known. */
  isShadowed(userId: UserId): boolean {
    return this.#deps.rules.last?.shadowed.has(userId) ?? false;
  }

  /** Whether rules let others be shown a text that is no message. Never rejects. */
  async shows(text: string, conversationId: ConversationId): Promise<boolean> {
    const { known } = this.#deps.rules;
    const rules = known === undefined ? await this.#deps.rules.read() : known;
    return letsShow(rules?.texts ?? null, text, conversationId);
  }

  /**
   * Asks whether a message may be stored. Never rejects.
   * @returns its body, which a rule or the hook may have replaced, as whom an incoming hook shows it, and
   *   whether its sender alone is to see it; or `refused`, `held` for a moderator, or `unavailable` without
   *   an answer
   */
  async check(intended: Intended): Promise<Result<Checked>> {
    const ruled = await this.#checkRules(intended);
    if (!ruled.ok || ruled.value.shadowed) return ruled;
    const { draft, conversationId } = intended;
    const shown = draft?.hookOrigin && (await this.#incomingHookShown(draft.hookOrigin, conversationId));
    const origin = shown && { hookOrigin: shown };
    const asked = { ...intended, ...ruled.value, draft: draft && { ...draft, ...origin } };
    const body = await this.#askHook(asked);
    if (!body.ok) return body;
    return { ok: true, value: { ...ruled.value, body: body.value, ...origin } };
  }

  /**
   * Asks whether a message may be shown that nothing stores.
   * @returns its body, and whether its sender alone is to see it, as `check`
   * @throws `refused`, or `unavailable` without an answer
   */
  async checkPassing(passing: Passing): Promise<Pick<Checked, "body" | "shadowed">> {
    if (!this.isSetFor(passing.senderId)) return { body: passing.body };
    const checked = await this.check({
      ...passing,
      mentions: [],
      threadRoot: null,
      edits: null,
      draft: null,
    });
    if (!checked.ok) throw new CoreError(checked.code, checked.detail, checked.data);
    return checked.value;
  }

  /** The incoming hook of a message, under its own name where rules refuse the one that the post wants. */
  async #incomingHookShown(origin: HookOrigin, conversationId: ConversationId): Promise<HookOrigin> {
    const { name, nickname } = origin;
    const isShown = nickname === name || (await this.shows(nickname, conversationId));
    return isShown ? origin : { ...origin, nickname: name };
  }

  /** The rules, from a time at which the sender was there. */
  async #rulesFor(senderId: UserId): Promise<MessageRules | null> {
    const { rules } = this.#deps;
    // A read that is under way may have begun before the bot was made.
    if (this.#isNewBot(senderId)) await rules.read();
    const known = this.#isNewBot(senderId) ? undefined : rules.known;
    return known === undefined ? rules.read() : known;
  }

  async #checkRules(intended: Intended): Promise<Result<Checked>> {
    const { body, clientMsgId } = intended;
    const accepted = { ok: true, value: { body, clientMsgId } } as const;
    const rules = await this.#rulesFor(intended.senderId);
    // Nobody sees the message, so that no rule has to look at it, and no moderator.
    if (rules?.shadowed.has(intended.senderId))
      return { ok: true, value: { ...accepted.value, shadowed: true } };
    if (!rules?.texts) return accepted;
    const verdict = checkMessage(rules.texts, intended);
    switch (verdict.action) {
      case "accept":
        return accepted;
      case "refuse":
        return refused("");
      case "mask":
        // The options of a poll are not in its body alone.
        if (intended.draft?.poll) return refused("");
        return { ok: true, value: { body: verdict.body, clientMsgId } };
      case "flag":
        return { ok: true, value: await this.#flagged(intended, rules.texts, verdict.rules) };
      case "hold":
        return this.#held(intended, verdict.rules);
    }
  }

  /** Has staff decide of a message before it is stored. */
  async #held({ conversationId, senderId, draft, body, clientMsgId }: Intended, rules: RuleId[]) {
    if (!draft || draft.forwarded || draft.rendered || draft.hookOrigin) return refused(NOT_HELD);
    const id = clientMsgId ?? newHeldId();
    try {
      const held = { ...draft, clientMsgId: id };
      const state = await this.#deps.hold({ conversationId, senderId, draft: held, rules, isStored: false });
      if (state === "accepted") return { ok: true, value: { body, clientMsgId: id } } as const;
      if (state === "waiting") return HELD;
      return refused(state === null ? TOO_MANY_HELD : undefined);
    } catch (error) {
      log("error", "message_not_held", errorFields(error));
      return UNAVAILABLE;
    }
  }

  /** Has staff look at a message, an edit or a post of an incoming hook that is stored all the same. */
  async #flagged(intended: Intended, texts: CompiledRules, rules: RuleId[]): Promise<Checked> {
    const { conversationId, kind, body, mentions, buttons, clientMsgId, edits } = intended;
    const {
      forwarded: _,
      rendered: _copied,
      hookOrigin: posts,
      ...draft
    } = intended.draft ?? {
      quoteSeq: undefined,
    };
    const origin = posts ?? intended.hookOrigin;
    const senderId = origin ? this.#deps.makerOf(origin.id) : intended.senderId;
    // What nothing stores, nobody can look at.
    if (senderId === undefined || !(intended.draft || edits)) return { body, clientMsgId };
    const checked = { body, clientMsgId: clientMsgId ?? newHeldId() };
    try {
      const said = { kind, mentions, ...(buttons && { buttons }), body: shownToStaff(texts, intended) };
      await this.#deps.hold({
        ...{ conversationId, senderId, rules, isStored: true },
        draft: { ...draft, ...said, clientMsgId: checked.clientMsgId },
        ...(edits && { edits }),
        ...(origin && { hook: { id: origin.id, name: origin.name } }),
      });
    } catch (error) {
      log("error", "message_not_held", errorFields(error));
    }
    return checked;
  }

  async #askHook({ senderId, draft, hookOrigin, ...intended }: Intended): Promise<Result<BodyJson>> {
    const accepted = { ok: true, value: intended.body } as const;
    const id = this.#positions.gate;
    if (id === null) return accepted;
    try {
      const target = await this.#target(id, intended.conversationId);
      if (!target) return accepted;
      const known = await this.#deps.externalIds.of([senderId]);
      const origin = draft?.hookOrigin ?? hookOrigin;
      const person = origin ? hookPerson(origin) : this.#describe(senderId);
      const sender = { ...person, externalId: known.get(senderId) ?? null };
      const externalId = await this.#deps.externalIds.ofConversation(intended.conversationId);
      const answer = await this.#ask(target, { ...intended, sender, externalId, spaceId: this.#spaceId() });
      if (answer?.action === "accept") return accepted;
      if (answer?.action === "reject") return refused(answer.reason, { reason: answer.reason });
      const body = answer && replaced(intended.kind, answer.body);
      if (body) return { ok: true, value: body };
      return target.gate?.onFailure === "refuse" ? UNAVAILABLE : accepted;
    } catch (error) {
      log("error", "gate_failed", errorFields(error));
      return UNAVAILABLE;
    }
  }

  /** @returns null: the hook is deleted, or about other conversations now */
  async #target(id: HookId, conversationId: ConversationId): Promise<HookTarget | null> {
    if (this.#known && this.#known.target.id === id && this.#known.until > Date.now())
      return this.#known.target;
    const found = await this.#deps.directory.hook(id);
    const target = found && isAbout(found, conversationId) ? found : null;
    this.#known = target ? { target, until: Date.now() + this.#deps.keepMs } : undefined;
    if (!target) this.#positions.delete(id);
    return target;
  }

  /** @returns null: no answer in time, or none that is one */
  async #ask({ id, url, secrets, gate }: HookTarget, data: GateData): Promise<GateAnswer | null> {
    const now = Date.now();
    const body = JSON.stringify({
      type: "message.sending",
      timestamp: isoTime(now),
      data: this.#deps.format.sending(data),
    });
    const headers = signedHeaders(`evt_${crypto.randomUUID()}`, now, body, secrets);
    const answer = await this.#deps.caller.ask(url, headers, body, gate?.timeoutMs ?? 0);
    const parsed = GateAnswer.safeParse(answer.json);
    if (parsed.success) return parsed.data;
    log("warn", "gate_without_answer", { hook: id, status: answer.status, detail: answer.error });
    return null;
  }
}

/** The refusal of a message or an edit. @param detail for its sender; empty: only that it is not allowed */
export function refusal(detail = "", data?: Pick<ErrorData, "reason">): CoreError {
  return new CoreError("refused", detail || NOT_ALLOWED, data);
}

/** The client message id of a message without one. */
function newHeldId(): string {
  return `held_${crypto.randomUUID()}`;
}

function refused(...words: Parameters<typeof refusal>): Failure {
  return refusal(...words).toFailure();
}

/** The body that a hook wants in place of another; null: it fits no message of the kind. */
function replaced(kind: Kind, given: unknown): BodyJson | null {
  const content = Content.safeParse({ kind, body: given });
  return content.success ? bodyJson(content.data) : null;
}
