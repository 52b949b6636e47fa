import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import type { User } from "../state/types.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/icon-button.tsx";

/** A lookup begins when nothing was typed for this time, in ms. */
const PAUSE = 250;

interface Props {
  chosen: readonly User[];
  onChange: (users: readonly User[]) => void;
}

/** Chooses users: friends from a list, anybody by the username. */
export function UserPicker({ chosen, onChange }: Props) {
  const { chat, me } = useAccount();
  const [text, setText] = useState("");
  const username = usePaused(text.trim(), PAUSE);
  const friends = useLoaded("friends", async () => {
    const { items } = await chat.api.call("get", "/v1/friends", { query: { limit: 100 } });
    return items;
  });
  const found = useLoaded(username, async () => {
    if (username === "") return [];
    return (await chat.api.call("get", "/v1/users", { query: { username } })).items;
  });
  const known = friends.value?.filter(({ username: name, nickname }) =>
    `${name} ${nickname}`.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()),
  );
  const all: User[] = [...(known ?? []), ...(found.value ?? [])];
  const isNew = ({ id }: User) => id !== me && !chosen.some((one) => one.id === id);
  const offered = [...new Map(all.filter(isNew).map((user) => [user.id, user])).values()];
  return (
    <div class="picker">
      <label class="field">
        {t("picker.label")}
        <input
          type="search"
          autocapitalize="none"
          spellcheck={false}
          placeholder={t("picker.placeholder")}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {chosen.length > 0 && (
        <ul class="chips" aria-label={t("picker.chosen")}>
          {chosen.map((user) => (
            <li key={user.id} class="chip">
              <bdi>{nameOf(user)}</bdi>
              <IconButton
                icon="close"
                label={t("picker.remove", { name: nameOf(user) })}
                onClick={() => onChange(chosen.filter(({ id }) => id !== user.id))}
              />
            </li>
          ))}
        </ul>
      )}
      <ul class="offered">
        {offered.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              class="person"
              onClick={() => {
                onChange([...chosen, user]);
                setText("");
              }}
            >
              <Avatar id={user.id} name={nameOf(user)} picture={user.avatar} size="small" />
              <bdi>{nameOf(user)}</bdi>
              <small>@{user.username}</small>
            </button>
          </li>
        ))}
      </ul>
      <p class="status" role="status">
        {username !== "" && found.value?.length === 0 && offered.length === 0 && t("picker.nobody")}
        {found.problem}
      </p>
    </div>
  );
}

/** A value that follows another one when that has not changed for a time, in ms. */
function usePaused(value: string, pause: number): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setPaused(value), pause);
    return () => clearTimeout(wait);
  }, [value, pause]);
  return paused;
}
