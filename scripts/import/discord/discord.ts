import { LIMITS } from "../../../src/domain/limits.ts";
import type { Collection } from "../collected/collection.ts";
import { fileNameOf, first, groupNameOf } from "../collected/names.ts";
import { ImportFailure } from "../failure.ts";
import { Ids } from "../ids.ts";
import { firstIssue } from "../input/json.ts";
import { readJsonParts } from "../input/json-parts.ts";
import type { Source } from "../input/source.ts";
import { bytesAt, type DiscordRoom, takeMessage } from "./messages.ts";
import { Channel, Guild, Message, type User } from "./shapes.ts";

/** An attachment may be JSON, too: its name ends with a hash. */
const ASSET = /-[A-F0-9]{5}\.json$|_Files\//;
const DIRECT = "DirectTextChat";
const DIRECT_GROUP = "DirectGroupTextChat";
const PRIVATE_THREAD = "GuildPrivateThread";

/** A file, and the channel that it has. */
interface Exported {
  path: string;
  guild: Guild;
  channel: Channel;
}

/**
 * Reads the JSON files of DiscordChatExporter: a file for each channel, in a folder, a zip, or alone.
 * @see https://github.com/Tyrrrz/DiscordChatExporter
 * @throws ImportFailure that names the file and line
 */
export async function readDiscord(source: Source, collection: Collection): Promise<void> {
  const files: Exported[] = [];
  for (const path of source.paths)
    if (path.endsWith(".json") && !ASSET.test(path)) {
      const head = await headOf(source, path);
      if (head) files.push(head);
      else
        collection.leftOut.add({ reason: "a file that is no channel of DiscordChatExporter", where: path });
    }
  if (files.length === 0)
    throw new ImportFailure(
      `${source.name} has no file of DiscordChatExporter: one of JSON, with "guild", "channel" and "messages".`,
    );
  const ids = new Ids("discord");
  const channelNames = new Map(files.map(({ channel }) => [channel.id, channel.name]));
  const user = userOf(collection, ids);
  // A thread belongs to a message of another file: that one comes first.
  const isThread = ({ channel }: Pick<Exported, "channel">) => /Thread$/.test(channel.type);
  for (const { path, guild, channel } of [
    ...files.filter((one) => !isThread(one)),
    ...files.filter(isThread),
  ]) {
    const parent = ids.of(channel.categoryId ?? "");
    const start = ids.ofMessage(channel.id);
    // A private thread is for those whom it has, not for all in its channel.
    const isShared = channel.type !== PRIVATE_THREAD;
    const hasRoot = isShared && (collection.conversations.get(parent)?.messages.has(start) ?? false);
    const conversation = hasRoot ? parent : ids.of(channel.id);
    const isInGuild = channel.type !== DIRECT && channel.type !== DIRECT_GROUP;
    const space = isInGuild && guild.id ? ids.of(`guild/${guild.id}`) : undefined;
    if (space) collection.space(space, guild.name ?? "", { namesMembers: false });
    const record = conversationOf(conversation, guild, channel);
    const { categoryId } = channel;
    const isBelow = space !== undefined && !isThread({ channel }) && categoryId && channel.category;
    const category = isBelow
      ? collection.category(space, ids.of(categoryId), channel.category ?? "")
      : undefined;
    if (!hasRoot)
      collection.conversation({ ...record, ...(space && { space }), ...(category && { category }) });
    const room: DiscordRoom = {
      ...{ collection, ids, conversation, path, root: hasRoot ? start : undefined },
      user: (one) => user(one, path),
      channelName: (id) => channelNames.get(id),
      moves: new Map(),
    };
    await readMessages(source, room);
    for (const [one, { isIn }] of room.moves) if (!isIn) collection.left(conversation, one);
    if (channel.type !== DIRECT && channel.type !== DIRECT_GROUP && !hasRoot)
      collection.leftOut.add({ reason: "(its authors) the members of a channel", where: channel.name });
    if (channel.type === DIRECT) setUsers(room, channel);
  }
}

/** Reads a file up to its messages. Returns undefined if it has no channel. */
async function headOf(source: Source, path: string): Promise<Exported | undefined> {
  let guild: Guild = {};
  const isPart = ([key = "", ...rest]: readonly string[]) =>
    key === "messages" || (rest.length === 0 && (key === "guild" || key === "channel"));
  for await (const part of readJsonParts(source, path, isPart)) {
    if (!("path" in part)) return undefined;
    if (part.path[0] === "guild") guild = Guild.catch({}).parse(part.parse());
    if (part.path[0] === "messages") return undefined;
    if (part.path[0] !== "channel") continue;
    const channel = Channel.safeParse(part.parse());
    return channel.success ? { path, guild, channel: channel.data } : undefined;
  }
  return undefined;
}

async function readMessages(source: Source, room: DiscordRoom): Promise<void> {
  const { path, collection } = room;
  const isMessage = ([key, ...rest]: readonly string[]) => key === "messages" && rest.length === 1;
  for await (const part of readJsonParts(source, path, isMessage)) {
    if (!("path" in part)) continue;
    const where = `${path}:${part.line}`;
    const message = Message.safeParse(part.parse());
    if (message.success) takeMessage(room, message.data, where);
    else
      collection.leftOut.add({ reason: "data that is no message", where, what: firstIssue(message.error) });
  }
}

function conversationOf(
  id: string,
  guild: Guild,
  channel: Channel,
): Parameters<Collection["conversation"]>[0] {
  if (channel.type === DIRECT) return { external_id: id, kind: "direct" };
  const isInGuild = channel.type !== DIRECT_GROUP;
  return {
    // The export does not name the people who may see the channel, so nobody joins by themself.
    ...{ external_id: id, kind: "group", history: "all", join_policy: "closed" },
    name: groupNameOf([channel.name], `Channel ${channel.id}`),
    announcement: first(channel.topic ?? "", LIMITS.description),
    ...(isInGuild && {
      metadata: { guild: first(guild.name ?? "", 100), category: first(channel.category ?? "", 100) },
    }),
  };
}

/**
 * Sets the two users of a direct conversation. The export names a user who has written nothing by the name
 * of the channel alone.
 */
function setUsers({ collection, conversation, ids }: DiscordRoom, channel: Channel): void {
  const collected = collection.conversations.get(conversation);
  if (!collected) return;
  const [one, other] = [...collected.members.keys()];
  const originId = `direct/${channel.id}`;
  const silent = () => collection.person({ originId, id: ids.of(originId), names: [channel.name] });
  if (one !== undefined) collected.record.users = [one, other ?? silent()];
}

function userOf(collection: Collection, ids: Ids): (user: User, path: string) => string {
  return ({ id, name, nickname, avatarUrl, isBot }, path) => {
    const known = collection.idOf(id);
    if (known !== undefined && (!avatarUrl || collection.avatars.has(known))) return known;
    return collection.person({
      ...{ originId: id, id: ids.of(id), names: [nickname, name], username: name, isBot: isBot ?? false },
      ...(avatarUrl && {
        avatar: {
          ...bytesAt(avatarUrl, path),
          id: ids.of(`picture/${id}`),
          name: fileNameOf(avatarUrl, "picture"),
          isPublic: true,
        },
      }),
    });
  };
}
