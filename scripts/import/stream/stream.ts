import type { z } from "zod";
import { Metadata } from "../../../src/domain/server/metadata.ts";
import type { Collected, Collection, ConversationInput } from "../collected/collection.ts";
import { fileNameOf, groupNameOf } from "../collected/names.ts";
import { ImportFailure } from "../failure.ts";
import { Ids } from "../ids.ts";
import { firstIssue } from "../input/json.ts";
import type { Source } from "../input/source.ts";
import { itemsOf } from "./items.ts";
import { type StreamRoom, takeMessage } from "./messages.ts";
import { Channel, Member, Message, ownChannelFields, Reaction, User } from "./shapes.ts";

const MODERATORS = /moderator|admin|owner/;
/** In the id of a distinct channel, which Stream makes of its members. */
const DISTINCT = "!members";

/**
 * Reads exports of channels from Stream (JSON, or JSON Lines) and the files that Stream itself imports.
 * @see https://getstream.io/chat/docs/node/exporting_channels/
 * @see https://getstream.io/chat/docs/node/import/
 * @throws ImportFailure that names the file and line
 */
export async function readStream(source: Source, collection: Collection, workspace?: string): Promise<void> {
  const paths = source.paths.filter((path) => /\.jsonl?$/.test(path));
  if (paths.length === 0) throw new ImportFailure(`${source.name} has no .json or .jsonl file.`);
  const reader = new Reader(collection, new Ids("stream", workspace));
  // Users may come behind what names them, channels behind their messages: each file is read three times.
  for (const only of ["users", "others", "messages"] as const) {
    for (const path of paths)
      for await (const { type, data, where } of itemsOf(source, path, only)) reader.take(type, data, where);
    if (only === "others" && collection.conversations.size === 0)
      throw new ImportFailure(
        `${source.name} has no channel of Stream: neither an export nor items of an import.`,
      );
    if (only === "others") reader.name();
  }
}

class Reader {
  readonly #collection: Collection;
  readonly #ids: Ids;
  /** reactions that are items of their own, by the message */
  readonly #reactions = new Map<string, Reaction[]>();
  readonly #unnamed = new Set<string>();
  /** up to when channels were emptied (ms since 1970) */
  readonly #truncatedAt = new Map<string, number>();
  /** who has deleted a message for themself, by the message */
  readonly #hiders = new Map<string, string[]>();

  constructor(collection: Collection, ids: Ids) {
    this.#collection = collection;
    this.#ids = ids;
  }

  take(type: string, data: unknown, where: string): void {
    const { leftOut } = this.#collection;
    const reason = `a ${type} that is not as documented`;
    const read = <S extends z.ZodType>(schema: S): z.output<S> | undefined => {
      const parsed = schema.safeParse(data);
      if (!parsed.success) leftOut.add({ reason, where, what: firstIssue(parsed.error) });
      return parsed.data;
    };
    if (type === "user") {
      const user = read(User);
      if (user) this.#user(user);
    } else if (type === "channel") {
      const channel = read(Channel);
      if (channel) this.#channel(channel, data, where);
    } else if (type === "member") {
      const member = read(Member);
      if (member) this.#member(channelOf(member), member, where);
    } else if (type === "reaction") {
      const reaction = read(Reaction);
      const id = reaction?.message_id;
      const known = this.#reactions.get(id ?? "");
      if (known && reaction) known.push(reaction);
      else if (id) this.#reactions.set(id, [reaction]);
      else if (reaction) leftOut.add({ reason, where, what: "message_id: is missing" });
    } else if (type === "message") {
      const message = read(Message);
      if (message) this.#message(message, data, where);
    } else leftOut.add({ reason: `an item of the type ${type}`, where });
  }

  /**
   * Decides the kind of channels without names. The oldest distinct channel of two is their direct
   * conversation, as they have one alone here. All others are groups, named after their members.
   */
  name(): void {
    const channels = [...this.#unnamed].flatMap((id) => this.#collection.conversations.get(id) ?? []);
    const timeOf = ({ record }: Collected) => record.created_at ?? Number.MAX_SAFE_INTEGER;
    const pairs = new Set<string>();
    for (const collected of channels.toSorted((a, b) => timeOf(a) - timeOf(b))) {
      const { record, members } = collected;
      const users = [...members.keys()];
      const pair = users.toSorted().join("\n");
      const [one, other, ...more] = users;
      const isPair = record.external_id.includes(DISTINCT) && more.length === 0 && !pairs.has(pair);
      if (one !== undefined && other !== undefined && isPair) {
        pairs.add(pair);
        collected.record = this.#directOf(record, [one, other]);
      } else
        record.name = groupNameOf([users.map((user) => this.#collection.nameOf(user)).join(", ")], "Group");
    }
  }

  #directOf(record: ConversationInput, users: [string, string]): ConversationInput {
    const { external_id, created_at, metadata, mute_all: isFrozen } = record;
    const { type: _type, team: _team, ...own } = metadata ?? {};
    if (isFrozen || Object.keys(own).length > 0)
      this.#collection.leftOut.add({
        reason: "own fields, or the freezing, of a direct conversation",
        where: external_id,
      });
    return { external_id, kind: "direct", users, ...createdAt(created_at) };
  }

  #user({ id, name, image, email, ...user }: User): string {
    const known = this.#collection.idOf(id);
    if (known !== undefined && !name && !image) return known;
    return this.#collection.person({
      ...{ originId: id, id: this.#ids.of(id), names: [name], fallback: id, username: id, email },
      ...(image && {
        avatar: {
          id: this.#ids.of(`picture/${id}`),
          name: fileNameOf(image, "picture"),
          url: image,
          isPublic: true,
        },
      }),
      ...{
        createdAt: user.created_at ?? undefined,
        isDeactivated: (user.deleted_at ?? user.deactivated_at) != null,
      },
    });
  }

  #channel(channel: Channel, raw: unknown, where: string): void {
    const { type, name, team, frozen, created_at: created, deleted_at: deleted } = channel;
    const cid = channel.cid ?? cidOf(type, channel.id, channel.member_ids);
    if (cid === undefined || deleted != null || channel.disabled) {
      const reason =
        deleted != null
          ? "a channel that was deleted, with its messages"
          : channel.disabled
            ? "a channel that was disabled, with its messages"
            : "a channel without an id";
      this.#collection.leftOut.add({ reason, where });
      return;
    }
    if (channel.truncated_at != null) this.#truncatedAt.set(this.#ids.of(cid), channel.truncated_at);
    const id = this.#ids.of(cid);
    // A distinct channel is one of its members, whatever its team.
    const space = team && !cid.includes(DISTINCT) ? this.#ids.of(`team/${team}`) : undefined;
    if (space && team) this.#collection.space(space, team);
    const creator = channel.created_by ?? (channel.created_by_id ? { id: channel.created_by_id } : undefined);
    this.#collection.conversation(
      {
        ...{ external_id: id, kind: "group", history: "all", ...createdAt(created ?? undefined) },
        name: groupNameOf([name], channel.id ?? "Group"),
        // A channel of a team was open to that team alone.
        join_policy: type === "livestream" && !team ? "free" : "closed",
        metadata: this.#channelFields({ type, ...(team && { team }) }, raw, where),
        ...(frozen && { mute_all: true }),
        ...(space && { space }),
      },
      creator && this.#user(creator),
    );
    if (!name) this.#unnamed.add(id);
    for (const user of channel.member_ids ?? []) this.#collection.member(id, this.#user({ id: user }));
    for (const member of channel.members ?? []) if (member) this.#member(cid, member, where);
  }

  /** Type and team, and the team's own fields as far as metadata takes them. */
  #channelFields(fields: Record<string, string>, raw: unknown, where: string): Metadata {
    const all = Metadata.safeParse({ ...ownChannelFields(raw), ...fields });
    if (all.success) return all.data;
    this.#collection.leftOut.add({ reason: "fields of the team's own of more than 4 KiB", where });
    return fields;
  }

  #member(cid: string | undefined, member: Member, where: string): void {
    const user = member.user ?? (member.user_id ? { id: member.user_id } : undefined);
    const id = cid === undefined ? undefined : this.#ids.of(cid);
    if (id === undefined || !user || !this.#collection.conversations.has(id)) {
      this.#collection.leftOut.add({ reason: "a member of a channel that is not in the export", where });
      return;
    }
    const external = this.#user(user);
    for (const message of member.deleted_messages ?? [])
      this.#hiders.set(message, [...(this.#hiders.get(message) ?? []), external]);
    if (member.invited && member.invite_accepted_at == null) {
      this.#collection.leftOut.add({ reason: "a member who has not accepted their invitation", where });
      this.#collection.left(id, external);
      return;
    }
    if (member.deleted_at != null) {
      this.#collection.left(id, external);
      return;
    }
    const isModerator = member.is_moderator || MODERATORS.test(`${member.channel_role} ${member.role}`);
    this.#collection.member(id, external, {
      ...(isModerator && { role: "admin" }),
      ...(member.created_at != null && { joined_at: member.created_at }),
    });
  }

  #message(message: Message, raw: unknown, where: string): void {
    const cid = channelOf(message);
    const conversation = cid === undefined ? undefined : this.#ids.of(cid);
    if (conversation === undefined || !this.#collection.conversations.has(conversation)) {
      this.#collection.leftOut.add({ reason: "a message of a channel that is not in the export", where });
      return;
    }
    const room: StreamRoom = {
      ...{ collection: this.#collection, ids: this.#ids, conversation },
      user: (user) => this.#user(user),
      truncatedAt: this.#truncatedAt.get(conversation),
      hidersOf: (id) => this.#hiders.get(id) ?? [],
      reactions: (id) => this.#reactions.get(id) ?? [],
    };
    takeMessage(room, message, raw, where);
  }
}

/** The channel that something belongs to: `messaging:general`. */
function channelOf({
  cid,
  channel_type,
  channel_id,
  channel_member_ids,
}: Member | Message): string | undefined {
  return cid ?? (channel_type ? cidOf(channel_type, channel_id, channel_member_ids) : undefined);
}

function cidOf(
  type: string,
  id: string | null | undefined,
  members: readonly string[] | null | undefined,
): string | undefined {
  if (id) return `${type}:${id}`;
  return members && members.length > 0 ? `${type}:${DISTINCT}-${members.toSorted().join(",")}` : undefined;
}

function createdAt(time: number | undefined): { created_at?: number } {
  return time === undefined ? {} : { created_at: time };
}
