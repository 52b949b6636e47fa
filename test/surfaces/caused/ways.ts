import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { post } from "../../features/incoming-hooks/client.ts";
import { accept } from "../../features/invitations/client.ts";
import { call } from "../../support/clients/api.ts";
import { ask, expectAsked, openForSelf, send } from "../../support/clients/chat.ts";
import { HOUR, postScheduled, runScheduled } from "../../support/clients/scheduled.ts";
import type { TestSocket } from "../../support/clients/socket.ts";
import { aside } from "../../support/clients/threads.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt } from "../../support/objects/room.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { DRIVERS } from "../drivers.ts";
import { tim } from "../tim/client.ts";
import { hasFailed, type Place, POLL, type World } from "./world.ts";

/** A way in which a person may cause something. */
interface Way {
  /** the row of the table, if it has another name than the way */
  row?: string;
  /** what is there before the person gets into the state. @returns the seq of the message that it changes */
  before?(world: World, mark: string): Promise<number>;
  /** what others do in the state, before the person does something */
  prepare?(world: World, place: Place): Promise<void>;
  /** what the person does in the state. @returns whether it was taken */
  act(world: World, place: Place): Promise<boolean>;
  /** whether something that others were told is about it; absent: it has the mark, or the seq */
  isAbout?(told: string, world: World, place: Place): boolean;
}

const taken = async (answer: Promise<{ status: number }>): Promise<boolean> => (await answer).status < 300;
const text = (words: string, more: object = {}) => ({ kind: "text", body: { text: words }, ...more });
const Code = z.looseObject({ code: z.string() });
const TapId = z.looseObject({ tap_id: z.string() });

const message =
  (by: "person" | "owner", of: (mark: string) => string | object = (mark) => `a text ${mark}`) =>
  async (world: World, mark: string) =>
    (await send(world[by], world.id, of(mark))).seq;

/** A call about the message of the place. */
const change =
  (method: string, path = "", body?: (mark: string) => object) =>
  ({ person, id }: World, { seq, mark }: Place) =>
    taken(ask(person, id, method, `/messages/${seq}${path}`, body?.(mark)));

const edit = (mark: string) => ({ body: { text: `edited ${mark}` }, base_version: 1 });
const picture = (mark: string) => ({ avatar: `https://pictures.test/${mark}.png` });

/** Changes the group. */
const group =
  (of: (mark: string) => object) =>
  ({ person, id }: World, { mark }: Place) =>
    taken(ask(person, id, "PATCH", "", of(mark)));

/** Changes the profile. */
const profile =
  (of: (mark: string) => object) =>
  ({ person }: World, { mark }: Place) =>
    taken(call("PATCH", "/v1/me", { token: person.token, body: of(mark) }));

/** Sends a frame. @returns whether the socket took it */
async function framed({ id }: World, socket: TestSocket, frame: object): Promise<boolean> {
  if (!socket.isOpen) return false;
  const errors = socket.of("error").length;
  socket.send({ conversation_id: id, ...frame });
  // Frames about one conversation are answered in order, and this one is always refused.
  socket.send({ type: "read", conversation_id: id, seq: BEYOND });
  await socket.until(() => socket.of("error").length > errors);
  return String(socket.of("error")[errors]?.detail).includes(String(BEYOND));
}

const isFrame =
  (type: string, by: "person" | "bot") =>
  (told: string, world: World): boolean =>
    told.includes(`"type":"${type}"`) && told.includes(`"user_id":${world[by].user.id}`);

const names =
  (who: number) =>
  (told: string, { strangers }: World): boolean => {
    // Ids of users are no other numbers.
    return told.includes(String(itemAt(strangers, who).user.id));
  };

/** Whether something happened in the other group, where a seq is that of another message. */
const isInClub = (told: string, { club }: World): boolean =>
  new RegExp(`"conversation_id":${club}\\b|"chat":\\{"id":-?${club}\\b`).test(told);

/** Of the other group others hear nothing but who comes and goes. */
const isOfClub = (told: string, world: World): boolean =>
  isInClub(told, world) && !told.includes("of the club");

/** A profile comes with each message: one that is told by itself is the news of it. */
const isProfile = (told: string, _: World, { mark }: Place): boolean =>
  told.includes(mark) && /"type":"(user|profile|member)/.test(told);

/** A name card comes with messages too. Sockets are told whose it is, without the card. */
const isCardOf =
  (who: "person" | "reader") =>
  (told: string, world: World, { mark }: Place): boolean =>
    told.includes('"event":"name_card"')
      ? told.includes(String(world[who].user.id))
      : told.includes(mark) && !told.includes('"type":"message"');

/** Something that is read. */
async function unread(world: World, place: Place): Promise<void> {
  place.seq = (await send(world.owner, world.id, "unread")).seq;
}

const isRead = (told: string, world: World, { seq }: Place): boolean =>
  isFrame("read", "person")(told, world) && new RegExp(`"seq":${seq}\\b`).test(told);

async function said(who: { token: string }, id: number, body: object): Promise<boolean> {
  return taken(ask(who, id, "POST", "/messages", body));
}

/** A read position that nobody reaches. */
const BEYOND = 4_000_000_000_000_000;

const BUTTONS = [[{ text: "Yes", data: "yes" }]];

/** The ways, in the order in which they are played. */
const OVER_V1: Record<string, Way> = {
  edit: { before: message("person"), act: change("PATCH", "", edit) },
  metadata: { before: message("person"), act: change("PATCH", "", (mark) => ({ metadata: { mark } })) },
  revoke: { before: message("person"), act: change("DELETE", "?for=everyone") },
  pin: { before: message("owner"), act: change("PUT", "/pin") },
  unpin: {
    before: async (world, mark) => {
      const seq = await message("owner")(world, mark);
      await expectAsked(world.owner, world.id, "PUT", `/messages/${seq}/pin`);
      return seq;
    },
    act: change("DELETE", "/pin"),
  },
  reaction: { before: message("owner"), act: change("PUT", `/reactions/${encodeURIComponent("👍")}`) },
  vote: { before: message("owner", POLL), act: change("PUT", "/votes", () => ({ options: [0] })) },
  "poll's end": { before: message("person", POLL), act: change("POST", "/close") },
  "thread's summary": {
    before: message("owner"),
    act: ({ person, id }, { seq, mark }) => said(person, id, aside(seq, `a reply ${mark}`)),
    isAbout: (told, _, { seq }) => told.includes("thread_summary") && told.includes(`"seq":${seq},`),
  },
  "read receipt": {
    prepare: unread,
    act: ({ person, id }, { seq }) => taken(ask(person, id, "PUT", "/read", { seq })),
    isAbout: isRead,
  },
  typing: {
    act: (world) => framed(world, world.device, { type: "typing" }),
    isAbout: isFrame("typing", "person"),
  },
  send: { act: ({ person, id }, { mark }) => said(person, id, text(mark)) },
  mention: {
    act: ({ person, id, away }, { mark }) => said(person, id, text(mark, { mentions: [away.user.id] })),
  },
  "bot's message": { act: ({ bot, id }, { mark }) => said(bot, id, text(mark)) },
  "bot's message for one": {
    act: ({ bot, id, reader }, { mark }) => said(bot, id, text(mark, { only_for: reader.user.id })),
  },
  "bot's draft text": {
    act: (world) => framed(world, world.botDevice, { type: "draft_text", stream: "s", text: "as far" }),
    isAbout: isFrame("draft_text", "bot"),
  },
  "bot's answer to a tap": {
    before: async ({ bot, id }, mark) => (await send(bot, id, text(mark, { buttons: BUTTONS }))).seq,
    prepare: async (world, { seq }) => {
      const { body } = await ask(world.reader, world.id, "POST", `/messages/${seq}/taps`, { data: "yes" });
      world.tapId = TapId.safeParse(body).data?.tap_id ?? "";
    },
    act: ({ bot, tapId }, { mark }) =>
      taken(call("POST", `/v1/bots/me/taps/${tapId}`, { token: bot.token, body: { text: mark } })),
    isAbout: (told, _, { mark }) => told.includes(mark) && told.includes('"type":"tap_answer"'),
  },
  "hook in": { act: ({ hookUrl }, { mark }) => taken(post(hookUrl, { text: mark })) },
  "group's name": { act: group((name) => ({ name })) },
  "group's picture": {
    act: group(picture),
    isAbout: (told, _, { mark }) => told.includes(mark) || told.includes('"changed":["avatar"]'),
  },
  addition: {
    act: ({ person, id, strangers }) =>
      taken(ask(person, id, "POST", "/members", { user_ids: [itemAt(strangers, 0).user.id] })),
    isAbout: names(0),
  },
  invitation: {
    act: async ({ person, id, strangers }) => {
      const { status, body } = await ask(person, id, "POST", "/invitations", {});
      if (status >= 300) return false;
      return taken(accept(itemAt(strangers, 1), Code.parse(body).code));
    },
    isAbout: names(1),
  },
  "join of a group": {
    act: ({ person, club }) => taken(ask(person, club, "POST", "/join", {})),
    isAbout: (told, world) => isOfClub(told, world) && !told.includes("left"),
  },
  "new group": {
    act: ({ person, reader }, { mark }) => {
      const body = { kind: "group", name: mark, member_ids: [reader.user.id] };
      return taken(call("POST", "/v1/conversations", { token: person.token, body }));
    },
    isAbout: (told, _, { mark }) => told.includes(mark),
  },
  "first message": {
    act: async ({ person, reader }, { mark }) => {
      const opened = await openForSelf(person, reader).catch(() => null);
      return opened !== null && said(person, opened.id, text(mark));
    },
  },
  "friend request": {
    act: ({ person, reader }) =>
      taken(call("PUT", `/v1/friends/${reader.user.id}`, { token: person.token, body: {} })),
    isAbout: (told) => told.includes('"type":"friend'),
  },
  scheduled: {
    before: async ({ person, id }, mark) => {
      await postScheduled(person, id, { ...text(mark), send_at: Date.now() + HOUR });
      return 0;
    },
    act: async ({ person }) => {
      advanceClock(HOUR);
      await runScheduled(person);
      return !(await hasFailed(person));
    },
  },
  "another's name card": {
    act: ({ person, id, reader }, { mark }) =>
      taken(ask(person, id, "PATCH", `/members/${reader.user.id}`, { name_card: mark })),
    isAbout: isCardOf("reader"),
  },
  "own name": { act: profile((nickname) => ({ nickname })), isAbout: isProfile },
  "own picture": { act: profile(picture), isAbout: isProfile },
  leaving: {
    act: ({ person, club }) => taken(ask(person, club, "POST", "/leave")),
    isAbout: (told, world) => isOfClub(told, world) && told.includes("left"),
  },
};

/** The acts for which other APIs have drivers. */
const ACTS: Record<string, (driver: Driver) => Way | null> = {
  send: ({ send: say }) =>
    say ? { act: ({ person, id }, { mark }) => isDone(say(person, ConversationId.parse(id), mark)) } : null,
  revoke: ({ revoke }) =>
    revoke
      ? {
          before: message("person"),
          act: ({ person, id }, { seq }) => isDone(revoke(person, ConversationId.parse(id), seq)),
        }
      : null,
  // Over usersig it is a call about direct conversations.
  "read receipt": ({ name, read }) =>
    read && name !== "usersig"
      ? {
          prepare: unread,
          act: ({ person, id }, { seq }) => isDone(read(person, ConversationId.parse(id), seq)),
          isAbout: isRead,
        }
      : null,
};

/** Ways that only the API tim has. */
const OVER_TIM: Record<string, Way> = {
  "name card": { act: member("NameCard", (nameCard) => ({ nameCard })), isAbout: isCardOf("person") },
  "field of a member": {
    act: member("CustomField", (value) => ({ memberCustomField: [{ key: "k", value }] })),
  },
  "custom data": { before: message("owner"), act: customData },
  "own custom data": { before: message("person"), act: customData },
};

/** Changes what the group knows of the caller. */
function member(what: "NameCard" | "CustomField", of: (mark: string) => object): Way["act"] {
  return ({ person, id }, { mark }) =>
    isSuccess(tim(person, `/member/setGroupMember${what}`, { groupID: String(id), ...of(mark) }));
}

function customData({ person, id }: World, { seq, mark }: Place): Promise<boolean> {
  return isSuccess(tim(person, "/message/modifyMessage", { ID: `${id}-${seq}`, cloudCustomData: mark }));
}

async function isSuccess(answer: ReturnType<typeof tim>): Promise<boolean> {
  return z.looseObject({ code: z.literal(0) }).safeParse((await answer).body).success;
}

const isDone = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

/** All ways: what other APIs have drivers for comes before what ends the time in the group. */
export const WAYS: Record<string, Way> = {
  ...Object.fromEntries(
    DRIVERS.filter(({ name }) => name !== "v1").flatMap((driver) =>
      Object.entries(ACTS).flatMap(([row, of]) => {
        const way = of(driver);
        return way ? [[`${row} over ${driver.name}`, { row, ...way }]] : [];
      }),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(OVER_TIM).map(([name, way]) => [`${name} over tim`, { row: name, ...way }]),
  ),
  ...OVER_V1,
};

/** Whether something that others were told is about a way. */
export function isAbout(told: string, world: World, place: Place, { isAbout: is }: Way): boolean {
  if (is) return is(told, world, place);
  const isOfList = told.includes('"type":"conversation"');
  const hasSeq =
    place.seq > 0 && !isInClub(told, world) && new RegExp(`"(seq|message_id)":${place.seq}\\b`).test(told);
  return !isOfList && (told.includes(place.mark) || hasSeq);
}

/** The way of a name. */
export function wayOf(name: string): Way {
  const way = WAYS[name];
  if (!way) throw new Error(`there is no way ${name}`);
  return way;
}
