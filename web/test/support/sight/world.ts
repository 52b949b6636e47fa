import type { Person } from "../../../../scripts/support/person.ts";
import { Conversation, Message } from "../../../../scripts/support/shapes.ts";
import { wants } from "../requests.ts";
import type { Site } from "../site.ts";
import { kinds } from "./kinds.ts";

/** Names as people have them that do not fit everywhere. */
const LONG = {
  nickname: "Benedikta-Maximiliane von Hohenstein-Wittelsbach",
  group: "The long weekend over the mountains of the north, with all who want to come along",
};

/** What is written in markup, and a word that no line ends in. */
const MARKUP = `**Bring** _warm_ ~~light~~ things, \`layers.txt\`:
> Nights are cold
- a tent
- a stove
\`\`\`js
const nights = [1, 2, 3].map((night) => night * 12).filter((hours) => hours > 12 && hours < 36);
\`\`\`
https://example.com/${"a-very-long-path-without-any-blank/".repeat(3)}`;

/** What the views of a page show. */
export type World = Awaited<ReturnType<typeof lively>>;

/** A user whose page has something of everything. */
export async function lively(site: Site) {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  await ben.call("PATCH", "/v1/me", { nickname: LONG.nickname, signature: "Always on the way" });
  const { id } = await ann.openGroup("Hike", [ben, cem]);
  const path = `/v1/conversations/${id}`;
  let n = 0;
  const post = async (by: Person, message: object, to = id) =>
    Message.parse(
      await by.call("POST", `/v1/conversations/${to}/messages`, { client_msg_id: `${++n}`, ...message }),
    ).seq;
  const text = (said: string, more = {}) => ({ kind: "text", body: { text: said }, ...more });
  await ann.call("PATCH", path, { announcement: "We meet at six. Whoever is late walks behind." });

  const root = await post(ben, text("Who brings the map?"));
  const thread = { root, also_in_main: false };
  await post(cem, text("Me", { thread }));
  await post(ann, text("Thank you", { thread }));
  await post(ann, text(MARKUP));
  await post(ben, text("That is a lot for two nights", { quote_seq: root }));
  const options = ["On Friday evening, as soon as everybody is there", "Saturday", "周六早上六点"];
  const poll = { question: "When do we leave?", options, multiple: false, anonymous: false, ends_at: 0 };
  const asked = await post(ann, { kind: "poll", body: poll });
  for (const by of [ann, ben]) await by.call("PUT", `${path}/messages/${asked}/votes`, { options: [0] });
  const url = `${site.origin}/icons/icon-512.png`;
  const pdf = { url, name: "the-plan-for-the-whole-weekend-and-the-way-back-home.pdf", size: 1_234_567 };
  await post(ben, { kind: "file", body: { ...pdf, content_type: "application/pdf", caption: "The plan" } });
  await post(cem, {
    kind: "audio",
    body: { url, name: "voice.ogg", duration_ms: 65_000, waveform: [3, 40, 90, 12], transcript: "By bus" },
  });
  await post(cem, { kind: "location", body: { latitude: 47.1, longitude: 11.2, address: "Station" } });
  await post(ben, text("我们周六早上六点在车站集合，带好帐篷和睡袋，不要迟到。"));
  await post(ann, text("😀"));
  const gone = await post(ben, text("Wrong group"));
  await ben.revoke(id, gone);
  await ann.call("PUT", `${path}/messages/${root}/pin`);
  for (const [by, key] of [
    [ann, "👍"],
    [ben, "👍"],
    [cem, "🎉"],
  ] as const)
    await by.call("PUT", `${path}/messages/${root}/reactions/${encodeURIComponent(key)}`);
  const image = { url, width: 512, height: 512, name: "icon.png" };
  await post(ann, { kind: "image", body: image });
  const later = { client_msg_id: "later", send_at: Date.now() + 86_400_000 };
  await ann.call("POST", `${path}/messages`, { ...text("Good morning"), ...later });
  const link = Object(await ann.call("POST", `${path}/invitations`, {}));
  await ann.call("PUT", `${path}/messages/${root}/saved`, { note: "For later" });

  // Conversations of all kinds, whose rows are full.
  const { id: direct } = await ben.openDirect(ann);
  await post(ben, text("Is there a bus back on Sunday, or do we have to walk the whole way?"), direct);
  const long = Conversation.parse(await ben.openGroup(LONG.group, [ann]));
  await post(ben, text("Ann, this is for you", { mentions: [ann.user.id] }), long.id);
  await ann.call("PUT", `/v1/conversations/${long.id}/preferences`, { muted_until: Date.now() + 3_600_000 });
  const empty = Conversation.parse(await ann.openGroup("Quiet", [ben]));

  // Where she may not write: whom she has blocked, where she is muted, where all write slowly.
  const fay = await site.person("fay");
  const { id: blocked } = await fay.openDirect(ann);
  await fay.send(blocked, "Buy my gloves");
  await ann.call("PUT", `/v1/blocks/${fay.user.id}`);
  const muted = await ben.openGroup("Muted", [ann]);
  const asMember = `/v1/conversations/${muted.id}/members/${ann.user.id}`;
  await ben.call("PATCH", asMember, { muted_for_s: 3_600 });
  const slow = await ben.openGroup("Slow", [ann]);
  await ben.call("PATCH", `/v1/conversations/${slow.id}`, { slow_mode_s: 3_600 });
  await ann.send(slow.id, "One word an hour");

  const old = await ann.openGroup("Old", [ben]);
  await ann.call("PUT", `/v1/conversations/${old.id}/preferences`, { archived: true });
  const unsent = await ann.openGroup("Unsent", [ben, cem]);
  await ben.read(unsent.id, (await ann.send(unsent.id, "Have you read it?")).seq);
  const late = await kinds(site, ann, ben);

  // Requests of both directions, and a group of others.
  const other = await ben.openGroup("Lake", []);
  const { code } = Object(await ben.call("POST", `/v1/conversations/${other.id}/invitations`, {}));
  await ben.call("PUT", `/v1/friends/${ann.user.id}`);
  const fire = await ben.openGroup("Fire", []);
  await ann.call("POST", `/v1/conversations/${fire.id}/join`, {});
  await wants(ann, "nobody");
  const dan = await site.person("dan");
  const stranger = await dan.openDirect(ann);
  await dan.send(stranger.id, "Have we met?");
  const noodles = await dan.openGroup("Noodles", [ann]);

  // What those who manage a group see.
  await ann.call("PATCH", path, { join_policy: "approval", introduction: "Walks of a day, and of more" });
  await ann.call("PUT", `${path}/bans/${fay.user.id}`, { reason: "sold gloves to everybody" });
  await dan.call("POST", `${path}/join`, { message: "Cem has told me of you" });
  await ann.call("POST", `${path}/hooks`, { name: "Builds of the whole company" });
  const card = { name_card: "Cem, who has the car", muted_for_s: 3_600 };
  await ann.call("PATCH", `${path}/members/${cem.user.id}`, card);

  // An audience room at which she looks.
  const stage = { kind: "group", name: LONG.group, member_ids: [], audience: true, join_policy: "free" };
  const watched = Conversation.parse(await ben.call("POST", "/v1/conversations", stage));
  for (const said of ["Doors open", MARKUP]) await post(ben, text(said), watched.id);
  await post(cem, text("Here we are"), watched.id);

  // Spaces: one of her own, one in which she follows little, one that she is invited to.
  const space = async (by: Person, name: string) => {
    const profile = { name, description: "Soil, seeds and tools", discoverable: true };
    const made = Object(await by.call("POST", "/v1/spaces", profile));
    const url = `/v1/spaces/${made.id}`;
    const added = Object(await by.call("POST", `${url}/channels`, { name: "seeds", topic: LONG.group }));
    const invitation = Object(await by.call("POST", `${url}/invitations`, {}));
    await by.send(Number(added.id), "Tomatoes in March");
    return { url, channel: Number(added.id), spaceCode: String(invitation.code) };
  };
  const { url: club, channel, spaceCode: toBen } = await space(ann, "Garden club");
  const { url: others, channel: viewed, spaceCode: accepted } = await space(ben, LONG.group);
  await ann.call("POST", `/v1/invitations/${accepted}`);
  // In her own, roles, a member who has them and is muted, and channels that are not for all.
  await ben.call("POST", `/v1/invitations/${toBen}`);
  const looks = [
    { name: "Gardeners", color: "#2f855a", permissions: ["pin"] },
    { name: LONG.nickname, color: "#ffe066", hoist: true },
    { name: "Hosts" },
  ];
  for (const look of looks) {
    const role = Object(await ann.call("POST", `${club}/roles`, look));
    await ann.call("PUT", `${club}/members/${ben.user.id}/roles/${role.id}`);
  }
  await ann.call("PATCH", `${club}/members/${ben.user.id}`, { muted_for_s: 3_600 });
  await ann.call("PUT", `${club}/bans/${fay.user.id}`, { reason: "sold gloves to everybody" });
  const board = { name: LONG.group, visibility: "private", channel_kind: "announcement" };
  const sorted = Object(await ann.call("POST", `${club}/categories`, { name: LONG.group }));
  await ann.call("POST", `${club}/channels`, { ...board, category_id: sorted.id });
  const tools = Object(await ann.call("POST", `${club}/channels`, { name: "tools", category_id: sorted.id }));
  const news = Object(
    await ben.call("POST", `${others}/channels`, { name: "news", channel_kind: "announcement" }),
  );
  await ann.call("PUT", `/v1/conversations/${news.id}/follow`);
  const { spaceCode } = await space(ben, "Choir");

  const newcomer = await site.person("eve");
  return {
    ...{ ann, ben, newcomer, id, root, direct, long: long.id, empty: empty.id },
    ...{ code: String(code), ownCode: String(link.code), stranger: stranger.id, noodles: noodles.id },
    ...{ kinds: late, blocked, fay: fay.user.id },
    ...{ channel, viewed, spaceCode, news: Number(news.id), fresh: Number(tools.id) },
    ...{ watched: watched.id, muted: muted.id, slow: slow.id, unsent: unsent.id },
  };
}
