import { posix } from "node:path";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Collection } from "../collected/collection.ts";
import type { FileDraft } from "../collected/draft.ts";
import { fileNameOf, first, groupNameOf } from "../collected/names.ts";
import { ImportFailure } from "../failure.ts";
import { Ids } from "../ids.ts";
import { firstIssue, readJson } from "../input/json.ts";
import { readJsonParts } from "../input/json-parts.ts";
import type { Source } from "../input/source.ts";
import { type SlackRoom, takeMessage } from "./messages.ts";
import { type SlackChannel, SlackChannels, SlackMessage, SlackUsers } from "./shapes.ts";

/** The lists of conversations, and what they are here. */
const LISTS = {
  "channels.json": "public",
  "groups.json": "private",
  "mpims.json": "several",
  "dms.json": "direct",
} as const;
/** Slack's own bot, which no list of users has. */
const SLACKBOT = "USLACKBOT";
type Kind = (typeof LISTS)[keyof typeof LISTS];

/**
 * Reads a workspace export of Slack: a zip or a folder with `users.json`, lists of conversations, and for
 * each conversation a folder with a file a day.
 * @see https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
 * @throws ImportFailure that names the file and line
 */
export async function readSlack(source: Source, collection: Collection, workspace?: string): Promise<void> {
  const usersPath = source.paths.find((path) => /(^|\/)(org_)?users\.json$/.test(path));
  if (!usersPath) throw new ImportFailure(`${source.name} is no export of Slack: it has no users.json.`);
  const base = posix.dirname(usersPath) === "." ? "" : `${posix.dirname(usersPath)}/`;
  const users = await readJson(source, usersPath, SlackUsers);
  const team = workspace ?? users.find(({ team_id: id }) => id)?.team_id ?? undefined;
  const ids = new Ids("slack", team);
  const names = new Map<string, string>();
  for (const { id, profile, ...user } of users) {
    const external = collection.person({
      ...{ originId: id, id: ids.of(id), email: profile?.email },
      names: [profile?.display_name, profile?.real_name, user.real_name, user.name],
      username: user.name,
      avatar: pictureOf(ids, id, profile?.image_512 || profile?.image_192 || profile?.image_72),
      isBot: user.is_bot ?? false,
      isDeactivated: user.deleted ?? false,
    });
    // Messages name an app by either of its two ids.
    if (profile?.bot_id) names.set(profile.bot_id, external);
  }
  const sender: SlackRoom["sender"] = (id, name, isBot = false) =>
    collection.idOf(id) ??
    names.get(id) ??
    collection.person({
      ...{ originId: id, id: ids.of(id), isBot: isBot || id === SLACKBOT },
      names: [id === SLACKBOT ? "Slackbot" : name],
    });
  const channelNames = new Map<string, string>();
  const known: SlackRoom["names"] = {
    user: (id) => {
      const found = collection.idOf(id) ?? names.get(id);
      return found === undefined ? undefined : { id: found, name: collection.nameOf(found) };
    },
    channel: (id) => channelNames.get(id),
  };
  const publicChannels = new Set<string>();
  const owner = users.find(({ is_primary_owner: isOwner, deleted }) => isOwner && !deleted);
  const space = ids.of("workspace");
  collection.space(space, workspaceName(source.name), {
    owner: owner ? (collection.idOf(owner.id) ?? null) : null,
  });
  for (const { id, deleted, ...user } of users) {
    const external = collection.idOf(id);
    const isGuest = Boolean(user.is_restricted || user.is_ultra_restricted);
    if (external !== undefined && !deleted) collection.spaceMember(space, external, { isGuest });
  }
  const rooms: { room: SlackRoom; folders: string[] }[] = [];
  for (const [file, kind] of Object.entries(LISTS)) {
    const path = base + file;
    if (!source.has(path)) continue;
    for (const channel of await readJson(source, path, SlackChannels)) {
      channelNames.set(channel.id, channel.name ?? channel.id);
      const conversation = conversationOf(collection, ids, sender, channel, kind, space);
      if (kind === "public") publicChannels.add(channel.id);
      if (conversation === undefined) continue;
      const pins = new Map(
        (channel.pins ?? []).map(({ id, created, user }) => [
          id,
          { at: (created ?? 0) * 1000, by: user ?? undefined },
        ]),
      );
      rooms.push({
        room: {
          ...{ collection, ids, base, names: known, conversation, channel: channel.id, pins, sender },
          isPublic: (id) => publicChannels.has(id),
        },
        folders: [channel.id, ...(channel.name ? [channel.name] : [])].map((name) => `${base}${name}/`),
      });
    }
  }
  if (rooms.length === 0) throw new ImportFailure(`${source.name} has no channels.json and no other list.`);
  const byFolder = new Map(rooms.flatMap(({ room, folders }) => folders.map((folder) => [folder, room])));
  for (const path of source.paths) {
    const room = byFolder.get(`${posix.dirname(path)}/`);
    if (room && path.endsWith(".json") && !path.endsWith("canvas_in_the_conversation.json"))
      await readDay(source, path, room);
    else if (path.endsWith("canvases.json"))
      collection.leftOut.add({ reason: "a list of canvases", where: path });
  }
}

/** The name of a workspace, as Slack writes it into the name of the file. */
function workspaceName(file: string): string {
  return /^(.+?) Slack export /.exec(posix.basename(file))?.[1] ?? "Slack";
}

function pictureOf(ids: Ids, user: string, url: string | null | undefined): FileDraft | undefined {
  if (!url) return undefined;
  const found = fileNameOf(url, "");
  const name = /\.(?:png|jpe?g|gif|webp)$/i.test(found) ? found : "picture.png";
  return { id: ids.of(`picture/${user}`), name, url, isPublic: true };
}

async function readDay(source: Source, path: string, room: SlackRoom): Promise<void> {
  for await (const part of readJsonParts(source, path, ({ length }) => length === 1)) {
    if (!("path" in part)) {
      if (!Array.isArray(part.rest)) throw new ImportFailure(`${path} is no list of messages.`);
      continue;
    }
    const where = `${path}:${part.line}`;
    const message = SlackMessage.safeParse(part.parse());
    if (message.success) takeMessage(room, message.data, where);
    else
      room.collection.leftOut.add({
        reason: "data that is no message",
        where,
        what: firstIssue(message.error),
      });
  }
}

/** Adds a conversation with its members. Returns its external id; undefined: it has no place here. */
function conversationOf(
  collection: Collection,
  ids: Ids,
  sender: SlackRoom["sender"],
  channel: SlackChannel,
  kind: Kind,
  space: string,
): string | undefined {
  const id = ids.of(channel.id);
  const created = channel.created ? { created_at: Math.floor(channel.created * 1000) } : {};
  const members = (channel.members ?? []).map((member) => sender(member));
  if (kind === "direct") {
    const [one, other = one] = members;
    if (one === undefined || other === undefined) {
      collection.leftOut.add({ reason: "a direct conversation without two people", where: channel.id });
      return undefined;
    }
    return collection.conversation({ external_id: id, kind: "direct", users: [one, other], ...created });
  }
  const list = members.map((member) => collection.nameOf(member)).join(", ");
  collection.conversation(
    {
      ...{ external_id: id, kind: "group", history: "all", ...created },
      name: groupNameOf(kind === "several" ? [list] : [channel.name], channel.id),
      introduction: first(channel.purpose?.value ?? "", LIMITS.description),
      announcement: first(channel.topic?.value ?? "", LIMITS.description),
      join_policy: kind === "public" ? "free" : "closed",
      ...(kind !== "several" && { space }),
      // There everybody in the workspace is in it.
      ...(channel.is_general && { default: true }),
      // Nobody writes in an archived channel; its owner can open it again.
      ...(channel.is_archived && { mute_all: true }),
    },
    channel.creator ? sender(channel.creator) : undefined,
  );
  for (const member of members) collection.member(id, member);
  return id;
}
