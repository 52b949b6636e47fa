import { z } from "zod";
import { type Buttons, textsOfButtons } from "../../bots/buttons.ts";
import type { ConversationId } from "../../ids.ts";
import { LIMITS } from "../../limits.ts";
import { type BodyJson, Content, Kind } from "../../messages/content.ts";
import { bytesOf, exceedsBytes } from "../../text.ts";
import type { CompiledRules } from "./compile.ts";
import type { RuleId } from "./rule.ts";
import { textsIn } from "./shown.ts";

/** What the rules say of a message. */
export type MessageVerdict =
  | { action: "accept" }
  | { action: "refuse" | "hold" | "flag"; rules: RuleId[] }
  /** `body`: what is stored instead */
  | { action: "mask"; body: BodyJson };

type Json = z.infer<ReturnType<typeof z.json>>;

/** Fields whose values are no texts. They are checked, as an address may be spam, and not masked. */
const NOT_MASKED = new Set(["url", "content_type", "kind"]);

/**
 * Checks each text in the body of a message, those of merged messages too and those of its buttons. The
 * strongest action holds. What cannot be masked is refused.
 */
export function checkMessage(
  rules: CompiledRules,
  message: { kind: Kind; body: BodyJson; conversationId: ConversationId; buttons?: Buttons | undefined },
): MessageVerdict {
  const found: { action: "refuse" | "hold" | "flag"; rules: RuleId[] }[] = [];
  const beside = message.buttons ? textsOfButtons(message.buttons) : [];
  let isMasked = false;
  const masked = visit(z.json().parse(JSON.parse(message.body)), "", (text, field) => {
    const verdict = rules.check(field === "url" ? withDecoded(text) : text, message.conversationId);
    // What stands for a letter in JSON hides no word, as in a card.
    if (verdict.action === null && field === "data") beside.push(...textsOfData(text));
    if (verdict.action === null) return text;
    if (verdict.action === "mask" && !NOT_MASKED.has(field)) {
      isMasked = true;
      return verdict.text;
    }
    found.push({ action: verdict.action === "mask" ? "refuse" : verdict.action, rules: verdict.rules });
    return text;
  });
  for (const text of beside) {
    const { action, rules: broken } = rules.check(text, message.conversationId);
    if (action !== null) found.push({ action: action === "mask" ? "refuse" : action, rules: broken });
  }
  for (const action of ["refuse", "hold"] as const) {
    const one = found.find((verdict) => verdict.action === action);
    if (one) return one;
  }
  if (!isMasked) return found[0] ?? { action: "accept" };
  const isWhole =
    message.kind === "merged" || Content.safeParse({ kind: message.kind, body: masked }).success;
  return isWhole ? { action: "mask", body: JSON.stringify(masked) } : { action: "refuse", rules: [] };
}

const Items = z.object({ items: z.array(z.looseObject({ kind: Kind, body: z.json() })) });

/**
 * The body of a message as staff is shown it: as it is. Of a merged message that is larger than any other it
 * has those of its messages that rules find, up to that size; the first of them in any case.
 */
export function shownToStaff(
  rules: CompiledRules,
  { kind, body, conversationId }: Parameters<typeof checkMessage>[1],
): BodyJson {
  if (kind !== "merged" || !exceedsBytes(body, LIMITS.bodyBytes)) return body;
  let bytes = 0;
  const items = leavesOf(z.json().parse(JSON.parse(body))).filter((item) => {
    const said = JSON.stringify(item.body);
    const isFound = checkMessage(rules, { kind: item.kind, body: said, conversationId }).action !== "accept";
    if (!isFound || (bytes > 0 && bytes + bytesOf(said) > LIMITS.bodyBytes)) return false;
    bytes += bytesOf(said);
    return true;
  });
  return JSON.stringify({ ...JSON.parse(body), items });
}

/** The messages in a merged one that are no merged ones themselves. */
function leavesOf(body: Json): z.infer<typeof Items>["items"] {
  return Items.parse(body).items.flatMap((item) => (item.kind === "merged" ? leavesOf(item.body) : item));
}

/** An address, and the name of its file as it is shown. */
function withDecoded(url: string): string {
  try {
    return `${url} ${decodeURIComponent(url.slice(url.lastIndexOf("/") + 1))}`;
  } catch {
    return url;
  }
}

/** The texts of data that is JSON. */
function textsOfData(data: string): string[] {
  try {
    return textsIn(z.json().parse(JSON.parse(data)));
  } catch {
    return [];
  }
}

/** Replaces each text in a value by what `on` makes of it. */
function visit(value: Json, field: string, on: (text: string, field: string) => string): Json {
  if (typeof value === "string") return on(value, field);
  if (Array.isArray(value)) return value.map((item) => visit(item, field, on));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item, name, on)]));
}
