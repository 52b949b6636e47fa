import type { ConversationEntry, Message } from "parley-client";
import { useChat } from "parley-client/react";
import { comparisonForm, hasWords, wordsOf } from "parley-react/text";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { day } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { midnight, today } from "../lib/clock.ts";
import { nameOf } from "../lib/names.ts";
import { VIEWS } from "../list/views-menu.tsx";
import { useFoundUsers } from "../people/found-users.ts";
import { type Channel, channelsOf, knownChannels, loadChannels, spaceOf, spaces } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import type { Route } from "../state/router.ts";
import type { User } from "../state/types.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { useUser } from "../state/use-people.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { beginOf, begunFilter, type Filters, KINDS, type Query, readDay } from "./query.ts";
import { seenBefore } from "./search.ts";

/** A section has at most so many places. */
const OFFERED = 8;
/** So many days ago are the days that are offered. */
const DAYS = [0, 1, 7, 30, 365];

/** Something that the user may choose. */
export interface Offer {
  key: string;
  /** where it leads */
  to?: Route;
  /** what it makes of the search */
  query?: Query;
  /** a message that it shows, which leaves the search open */
  message?: Message;
  children?: ComponentChildren;
}

export interface Offers {
  title: string;
  offers: readonly Offer[];
}

/** What the user may choose while they write a filter; null: they write none. */
export function useFilterValues({ text, filters }: Query): Offers | null {
  const { chat, me } = useAccount();
  const begun = begunFilter(text);
  const value = begun?.value.trim() ?? "";
  const isFrom = begun?.filter === "from";
  const known = useLoaded(`${isFrom}`, async () =>
    isFrom ? (await chat.api.call("get", "/v1/people", { query: { limit: OFFERED } })).items : [],
  );
  const found = useFoundUsers(isFrom ? value : "");
  const self = useUser(isFrom ? me : 0);
  const conversations = useChat(chat, (state) => state.conversations);
  if (!begun) return null;
  const words = wordsOf(value);
  const offer = (one: Filters, children: ComponentChildren): Offer => ({
    key: JSON.stringify(one).replace(/\W+/g, "-"),
    query: { text: begun.before, filters: { ...filters, ...one } },
    children,
  });
  switch (begun.filter) {
    case "from": {
      const people = [...(self ? [self] : []), ...(value ? (found.value ?? []) : (known.value ?? []))];
      const named = people.filter(
        (user) =>
          hasWords(words, user.username, user.nickname) ||
          (user.id === me && hasWords(words, "me", t("search.me"))),
      );
      const each = new Map(named.map((user) => [user.id, user])).values();
      return {
        title: t("search.from"),
        offers: [...each].slice(0, OFFERED).map((user) => offer({ from: user.id }, <Person user={user} />)),
      };
    }
    case "in": {
      const named = conversations.filter(({ name }) => hasWords(words, name)).slice(0, OFFERED);
      return {
        title: t("search.in"),
        offers: named.map((entry) => offer({ in: entry.id }, <Place entry={entry} />)),
      };
    }
    case "has": {
      const kinds = KINDS.filter((kind) => hasWords(words, kind, t(`search.kind.${kind}`)));
      return {
        title: t("search.has"),
        offers: kinds.map((kind) => offer({ has: kind }, <bdi>{t(`search.kind.${kind}`)}</bdi>)),
      };
    }
    default: {
      const written = readDay(value);
      const past = DAYS.map((days) => isoDay(midnight(today.value), days));
      const { filter } = begun;
      return {
        title: t(filter === "after" ? "search.after" : "search.before"),
        offers: (written ? [written] : past).map((one) =>
          offer({ [filter]: one }, <bdi>{day(beginOf(one))}</bdi>),
        ),
      };
    }
  }
}

/** The places that a search finds: conversations, people and views; without words those seen last. */
export function usePlaces({ text }: Query): Offers[] {
  const { chat, me } = useAccount();
  const conversations = useChat(chat, (state) => state.conversations);
  const found = useFoundUsers(text);
  useEffect(() => {
    for (const { id } of spaces.value) if (!channelsOf(id)) loadChannels(chat, id).catch(() => {});
  }, [chat, spaces.value]);
  const words = wordsOf(text);
  if (words.length === 0) {
    const ids = new Set([...seenBefore(), ...conversations.map(({ id }) => id)]);
    const recent = [...ids].flatMap((id) => chat.state.conversation(id) ?? []).slice(0, OFFERED);
    return [{ title: t("search.recent"), offers: recent.map(placeOf) }];
  }
  const named = conversations
    .filter(({ name }) => hasWords(words, name))
    .toSorted((a, b) => begins(b.name, text) - begins(a.name, text))
    .slice(0, OFFERED);
  const talked = new Set(named.flatMap((entry) => (entry.kind === "direct" ? [entry.peer.id] : [])));
  const people = (found.value ?? []).filter(({ id }) => id !== me && !talked.has(id));
  const channels = knownChannels().filter(
    ({ id, name }) => !chat.state.conversation(id) && hasWords(words, name),
  );
  const views = VIEWS.filter(({ label }) => hasWords(words, t(label)));
  return [
    { title: t("list.title"), offers: named.map(placeOf) },
    { title: t("spaces.channels"), offers: channels.slice(0, OFFERED).map(channelOf) },
    {
      title: t("people.title"),
      offers: people.slice(0, OFFERED).map((user) => ({
        key: `user-${user.id}`,
        to: { view: "user", id: user.id },
        children: <Person user={user} />,
      })),
    },
    {
      title: t("search.views"),
      offers: views.map(({ route: to, label, icon }) => ({
        ...{ key: `view-${to.view}`, to },
        children: (
          <>
            <Icon name={icon} />
            <bdi>{t(label)}</bdi>
          </>
        ),
      })),
    },
  ];
}

function placeOf(entry: ConversationEntry): Offer {
  const { id } = entry;
  return { key: `c-${id}`, to: { view: "conversation", id }, children: <Place entry={entry} /> };
}

/** A channel that the user does not follow. */
function channelOf({ id, name, space_id: space }: Channel): Offer {
  return {
    ...{ key: `c-${id}`, to: { view: "conversation", id } },
    children: (
      <>
        <Avatar id={id} name={name} picture="" size="small" />
        <bdi>{name}</bdi>
        <small>{spaces.value.find((one) => one.id === space)?.name}</small>
      </>
    ),
  };
}

function Place({ entry }: { entry: ConversationEntry }) {
  const { id, name, avatar } = entry;
  const space = spaceOf(entry);
  return (
    <>
      <Avatar id={entry.kind === "direct" ? entry.peer.id : id} name={name} picture={avatar} size="small" />
      <bdi>{name}</bdi>
      {space && <small>{space.name}</small>}
    </>
  );
}

function Person({ user }: { user: User }) {
  const { id, username, avatar } = user;
  return (
    <>
      <Avatar id={id} name={nameOf(user)} picture={avatar} size="small" />
      <bdi>{nameOf(user)}</bdi>
      <small>@{username}</small>
    </>
  );
}

/** @param midnight of today @returns the day so many days before */
function isoDay(midnight: number, days: number): string {
  const date = new Date(midnight);
  date.setDate(date.getDate() - days);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function begins(name: string, text: string): number {
  return comparisonForm(name).startsWith(comparisonForm(text.trim())) ? 1 : 0;
}
