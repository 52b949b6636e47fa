import { signal } from "@preact/signals";
import type { Chat, Message } from "parley-client";
import type { Names } from "parley-react/markup";
import { namesBesides } from "parley-react/mentions";
import type { Role } from "./use-roles.ts";

/** The roles of the spaces in which a message mentions one. */
const known = signal<ReadonlyMap<number, readonly Role[]>>(new Map());
const NONE: readonly Role[] = [];
/** the spaces whose roles are loaded, or on their way */
const asked = new Set<number>();
/** What was read of a message, as it is drawn often. */
const read = new WeakMap<Message, { of: readonly unknown[]; all: readonly Names[] }>();
/** The colours of roles: what draws a text knows their ids alone. */
const colors = new CSSStyleSheet();
document.adoptedStyleSheets.push(colors);

/**
 * The names that may stand in a message, with those of the roles that it mentions.
 * @param space that of its conversation; 0: it is not known
 */
export function namesWithRoles(
  names: readonly Names[],
  message: Message,
  { api }: Chat,
  space: number,
): readonly Names[] {
  const { mention_roles: mentioned = [], mention_here: here = false } = message;
  if (mentioned.length === 0 && !here) return names;
  const roles = known.value.get(space) ?? NONE;
  if (space && mentioned.length > 0) load(api, space);
  const before = read.get(message);
  const of = [names, roles];
  if (before?.of.every((one, i) => one === of[i])) return before.all;
  // A word that could stand for somebody of a role stands for the role.
  const all = [...namesBesides({ roles: roles.filter((one) => mentioned.includes(one.id)), here }), ...names];
  read.set(message, { of, all });
  return all;
}

function load(api: Chat["api"], space: number): void {
  if (asked.has(space)) return;
  asked.add(space);
  api.call("get", "/v1/spaces/{id}/roles", { path: { id: space } }).then(
    ({ items }) => keepRoles(space, items),
    () => asked.delete(space),
  );
}

/** Takes the roles of a space as an answer has them, to draw where they are named. */
export function keepRoles(space: number, roles: readonly Role[]): void {
  asked.add(space);
  known.value = new Map([...known.peek(), [space, roles]]);
  const all = [...known.peek().values()].flat();
  colors.replaceSync(
    all.map(({ id, color }) => (color ? `[data-role="${-id}"]{--role:${color}}` : "")).join(""),
  );
}

/** The roles may have changed, or another user have signed in: they are loaded when a message wants them. */
export function forgetRoles(): void {
  asked.clear();
  known.value = new Map(known.peek());
}
