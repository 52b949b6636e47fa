import { effect, signal } from "@preact/signals";
import type { Chat, ConversationEntry, components } from "parley-client";
import { isMuted } from "parley-client/attention";
import { spaceIdOf } from "parley-client/spaces";
import { naming, silencing } from "../attention/naming.ts";
import { type GroupEntry, isChannel, isManager, titleOf } from "../group/rights.ts";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nowUntil } from "../lib/time/until.ts";
import { closing, shown } from "../list/shown.ts";
import { inRoles } from "../message/mentioned.ts";
import { go } from "../state/router.ts";
import { allPages } from "../state/use-pages.ts";
import { forgetMutes, loadMute, mutedUntil } from "./members/own-mute.ts";
import { forgetRoles, namesWithRoles } from "./roles/mentioned.ts";

/** A space of the user. */
export type Space = components["schemas"]["Space"];
/** A channel of a space, as the space lists it. */
export type Channel = components["schemas"]["Channel"];
/** What channels are shown under. */
export type Category = components["schemas"]["SpaceCategory"];
/** The channels and the categories of a space that the user sees, in their order. */
export type Layout = components["schemas"]["Channels"];

/** A member of a space, with their roles. */
export type SpaceMember = components["schemas"]["SpaceMember"];

/** The spaces that the user is in, in the order that they have chosen: new ones come first. */
export const spaces = signal<readonly Space[]>([]);
/** The channels and categories of the spaces that were shown, by the ids of the spaces. */
const layouts = signal<ReadonlyMap<number, Layout>>(new Map());
/** The id of the space in the place of the list; 0: none. */
export const chosen = signal(0);

/** whose spaces they are */
let client: Chat | undefined;

/** goes up with each load: the newest one counts */
let loads = 0;

// A conversation stands in one list. Those of spaces that have not come, as without a connection, stand
// among the others.
effect(() => {
  const ids = new Set(spaces.value.map(({ id }) => id));
  const isSpace = ids.has(chosen.value);
  shown.value = (all) => (isSpace ? null : all.filter((entry) => !ids.has(spaceIdOf(entry))));
});

closing.value = ({ id, threads = "off" }, thread) => {
  const own = permissionsIn(id);
  const until = mutedUntil(knownChannels().find((channel) => channel.id === id)?.space_id ?? 0);
  if (until > nowUntil(until)) return t("spaces.closedMuted", { time: when(until) });
  if (!own || own.includes(thread ? "threads" : "write")) return "";
  const answers = threads === "on" && own.includes("threads") && !thread;
  return t(answers ? "spaces.closedButThreads" : "spaces.closed");
};

inRoles.value = (names, message) => {
  const { conversation_id: id } = message;
  const channel = knownChannels().find((one) => one.id === id);
  const space = spaceIdOf(client?.state.conversation(id)) || (channel?.space_id ?? 0);
  return client ? namesWithRoles(names, message, client, space) : names;
};

naming.value = (entry) => {
  const space = spaceOf(entry);
  return space ? `${titleOf(entry)} · ${space.name}` : entry.name;
};

// As the server pushes nothing of it, whoever it names.
silencing.value = (entry) => isMuted(spaceOf(entry) ?? { muted_until: 0 }, Date.now());

/** The space of a conversation, by its name, if the user is in it. */
export function spaceOf(entry: ConversationEntry): Space | undefined {
  return spaces.value.find(({ id }) => id === spaceIdOf(entry));
}

/** A space as it is by now, else as it was. */
export function latest(space: Space): Space {
  return spaces.value.find(({ id }) => id === space.id) ?? space;
}

/** The channels of a space as they were loaded last; undefined: they were not. */
export function channelsOf(space: number): readonly Channel[] | undefined {
  return layouts.value.get(space)?.items;
}

/** The categories of a space as they were loaded last. */
export function categoriesOf(space: number): readonly Category[] {
  return layouts.value.get(space)?.categories ?? [];
}

/** All channels that were loaded. */
export function knownChannels(): readonly Channel[] {
  return [...layouts.value.values()].flatMap(({ items }) => items);
}

/** What the user may do in a channel; undefined: it is not known. */
export function permissionsIn(channel: number): Channel["permissions"] | undefined {
  return knownChannels().find(({ id }) => id === channel)?.permissions;
}

/** Whether the user changes a group, and ends a channel: a permission says so there, and no role in it. */
export function manages(group: GroupEntry): boolean {
  const own = isChannel(group) ? permissionsIn(group.id) : undefined;
  return own?.includes("manage_channel") ?? isManager(group.role);
}

/** Loads the spaces, and the channels of the one that is shown. */
export async function loadSpaces(chat: Chat): Promise<void> {
  const load = ++loads;
  forgetRoles();
  client = chat;
  const items = await allPages((query) => chat.api.call("get", "/v1/spaces", { query }));
  if (load !== loads) return;
  spaces.value = items;
  if (items.some(({ id }) => id === chosen.value)) await loadChannels(chat, chosen.value);
}

/** Loads the channels and categories of a space. */
export async function loadChannels(chat: Chat, id: number): Promise<void> {
  const space = spaces.value.find((one) => one.id === id);
  // Nobody mutes the owner.
  if (space && space.owner_id !== chat.state.me) void loadMute(chat, id, space.member_count).catch(() => {});
  adopt(id, await getLayout(chat, id));
}

function getLayout(chat: Chat, id: number): Promise<Layout> {
  return chat.api.call("get", "/v1/spaces/{id}/channels", { path: { id } });
}

/** Takes the channels and categories of a space as an answer has them. */
export function adopt(id: number, layout: Layout): void {
  // Another user may have signed in meanwhile.
  if (spaces.value.some((space) => space.id === id))
    layouts.value = new Map([...layouts.value, [id, layout]]);
}

/** Has a channel in the user's list, or has it there no more. */
export async function followChannel(chat: Chat, id: number, follows: boolean): Promise<void> {
  await chat.api.call(follows ? "put" : "delete", "/v1/conversations/{id}/follow", { path: { id } });
  // No frame tells of it.
  chat.refresh();
}

/** Shows a space that is new to the user, and its first channel. @param first absent: it is looked up */
export async function openSpace(chat: Chat, id: number, first?: number | null): Promise<void> {
  chosen.value = id;
  await loadSpaces(chat);
  // A frame of the new space may have begun another load, which is not there yet.
  const channel = first ?? (channelsOf(id) ?? (await getLayout(chat, id)).items)[0]?.id;
  go(channel ? { view: "conversation", id: channel } : { view: "home" }, { replace: true });
}

/** Forgets all of it. What one user is in is not for the next one. */
export function forgetSpaces(): void {
  loads++;
  forgetMutes();
  forgetRoles();
  chosen.value = 0;
  spaces.value = [];
  layouts.value = new Map();
}
