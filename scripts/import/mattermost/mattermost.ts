import { posix } from "node:path";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Collection } from "../collected/collection.ts";
import { first, groupNameOf } from "../collected/names.ts";
import { ImportFailure } from "../failure.ts";
import { Ids } from "../ids.ts";
import { firstIssue, readJsonLines } from "../input/json.ts";
import type { Source } from "../input/source.ts";
import { fileOf, type MattermostRoom, takePost } from "./posts.ts";
import { AnyLine, LINE_TYPES, Line, type Post } from "./shapes.ts";

/** The channel of each team that all of its members are in. */
const EVERYBODYS = "town-square";
/** Types of lines that have no place here, and that nobody misses. */
const PASSED_OVER = new Set(["version", "info", "team", "role", "scheme"]);

type LineOf<Type extends Line["type"]> = Extract<Line, { type: Type }>;

/**
 * Reads a bulk export of Mattermost: JSON Lines, alone or in a zip or folder with its `data/`.
 * @see https://docs.mattermost.com/onboard/bulk-loading-data-format.html
 * @throws ImportFailure that names the file and line
 */
export async function readMattermost(
  source: Source,
  collection: Collection,
  workspace?: string,
): Promise<void> {
  const path = source.paths.find((one) => one.endsWith(".jsonl"));
  if (!path) throw new ImportFailure(`${source.name} is no export of Mattermost: it has no .jsonl file.`);
  const reader = new Reader(collection, new Ids("mattermost", workspace), posix.dirname(path));
  let lines = 0;
  for await (const { line, value } of readJsonLines(source, path)) {
    const where = `${path}:${line}`;
    const any = AnyLine.safeParse(value);
    if (!any.success) {
      if (lines === 0)
        throw new ImportFailure(`${where} is no line of an export of Mattermost: it has no type.`);
      collection.leftOut.add({ reason: "data that is no line of an export", where });
      continue;
    }
    lines++;
    const { type } = any.data;
    const known = Line.safeParse(value);
    if (known.success) reader.take(known.data, where);
    else if (LINE_TYPES.includes(type))
      collection.leftOut.add({
        reason: `a ${type} that is not as documented`,
        where,
        what: firstIssue(known.error),
      });
    else if (!PASSED_OVER.has(type)) collection.leftOut.add({ reason: `a line of the type ${type}`, where });
  }
  if (lines === 0) throw new ImportFailure(`${path} is empty.`);
}

class Reader {
  readonly #collection: Collection;
  readonly #ids: Ids;
  readonly #folder: string;
  /** memberships of channels whose lines come behind the users */
  readonly #memberships: { channel: string; user: string; isAdmin: boolean }[] = [];

  constructor(collection: Collection, ids: Ids, folder: string) {
    this.#collection = collection;
    this.#ids = ids;
    this.#folder = folder;
  }

  take(line: Line, where: string): void {
    if (line.type === "user") this.#person(line.user, false);
    else if (line.type === "bot") this.#person(line.bot, true);
    else if (line.type === "channel") this.#channel(line.channel);
    else if (line.type === "post")
      this.#post(this.#group(line.post.team, line.post.channel), line.post, where);
    else if (line.type === "direct_channel") {
      const { members, participants, header } = line.direct_channel;
      this.#direct(members ?? (participants ?? []).map(({ username }) => username), header ?? "");
    } else {
      const conversation = this.#direct(line.direct_post.channel_members, "");
      if (conversation !== undefined) this.#post(conversation, line.direct_post, where);
      else {
        const count = 1 + (line.direct_post.replies?.length ?? 0);
        this.#collection.leftOut.add({ reason: "messages to oneself", where }, count);
      }
    }
  }

  #person(user: LineOf<"user">["user"], isBot: boolean): void {
    const { username, email, nickname, first_name, last_name, display_name, delete_at } = user;
    const id = this.#collection.person({
      ...{ originId: username, id: this.#ids.of(username), email, isBot, isDeactivated: Boolean(delete_at) },
      names: [nickname, display_name, [first_name, last_name].filter(Boolean).join(" "), username],
      ...{
        username,
        ...(user.profile_image && { avatar: fileOf(this.#ids, this.#folder, user.profile_image) }),
      },
    });
    const isGuest = /\bsystem_guest\b/.test(user.roles ?? "");
    for (const team of user.teams ?? [])
      this.#collection.spaceMember(this.#space(team.name), id, { isGuest });
    for (const team of user.teams ?? [])
      for (const { name, roles } of team.channels ?? []) {
        const membership = {
          ...{ channel: this.#ids.of(`${team.name}/${name}`), user: id },
          isAdmin: roles?.includes("channel_admin") ?? false,
        };
        if (this.#collection.conversations.has(membership.channel)) this.#join(membership);
        else this.#memberships.push(membership);
      }
  }

  #join({ channel, user, isAdmin }: { channel: string; user: string; isAdmin: boolean }): void {
    this.#collection.member(channel, user, isAdmin ? { role: "admin" } : {});
  }

  /** The space of a team. */
  #space(team: string): string {
    const id = this.#ids.of(`team/${team}`);
    this.#collection.space(id, team);
    return id;
  }

  #channel(channel: LineOf<"channel">["channel"]): void {
    const { team, name, display_name, type, header, purpose, deleted_at } = channel;
    const id = this.#ids.of(`${team}/${name}`);
    this.#collection.conversation({
      ...{ external_id: id, kind: "group", history: "all", metadata: { team }, space: this.#space(team) },
      name: groupNameOf([display_name, name], "channel"),
      introduction: first(purpose ?? "", LIMITS.description),
      announcement: first(header ?? "", LIMITS.description),
      join_policy: type === "O" ? "free" : "closed",
      // There everybody in the team is in it.
      ...(name === EVERYBODYS && { default: true }),
      ...(deleted_at && { mute_all: true }),
    });
    for (const membership of this.#memberships) if (membership.channel === id) this.#join(membership);
  }

  /** The conversation of a channel, also of one that has no line of its own. */
  #group(team: string, name: string): string {
    const id = this.#ids.of(`${team}/${name}`);
    if (!this.#collection.conversations.has(id)) this.#channel({ team, name, type: "P" });
    return id;
  }

  /** The conversation of some users; undefined: of one with themself. */
  #direct(usernames: readonly string[], header: string): string | undefined {
    const names = [...new Set(usernames)].sort();
    const users = names.map((name) => this.#user(name));
    const [one, other, ...more] = users;
    if (one === undefined || other === undefined) return undefined;
    const id = this.#ids.of(`direct/${names.join(",")}`);
    if (this.#collection.conversations.has(id)) return id;
    if (more.length === 0) {
      return this.#collection.conversation({ external_id: id, kind: "direct", users: [one, other] });
    }
    const list = users.map((user) => this.#collection.nameOf(user)).join(", ");
    this.#collection.conversation({
      ...{ external_id: id, kind: "group", history: "all", join_policy: "closed" },
      ...{ name: groupNameOf([list], "Group"), announcement: first(header, LIMITS.description) },
    });
    for (const user of users) this.#collection.member(id, user);
    return id;
  }

  #user(username: string): string {
    return (
      this.#collection.idOf(username) ??
      this.#collection.person({ originId: username, id: this.#ids.of(username), names: [username] })
    );
  }

  #post(conversation: string, post: Post, where: string): void {
    const room: MattermostRoom = {
      ...{ collection: this.#collection, ids: this.#ids, conversation, folder: this.#folder },
      user: (username) => this.#user(username),
    };
    takePost(room, post, where);
  }
}
