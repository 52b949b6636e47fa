import { hasWords, wordsOf } from "parley-react/text";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { isComposing } from "../lib/system/keyboard.ts";
import { useAccount } from "../state/context.ts";
import type { User } from "../state/types.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { useFoundUsers } from "./found-users.ts";

interface Props {
  chosen: readonly User[];
  onChange: (users: readonly User[]) => void;
  /** whether its field has the focus at first */
  hasFocus?: boolean;
}

/** Chooses users: people of chats, groups and friends from a list, anybody by the username. */
export function UserPicker({ chosen, onChange, hasFocus = false }: Props) {
  const { chat, me } = useAccount();
  const [text, setText] = useState("");
  /** what the user has asked for with Enter: while they type, nobody is missing */
  const [asked, setAsked] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // `autofocus` works in a page that is loaded alone. After a paint another field may have the focus already.
  useLayoutEffect(() => {
    if (hasFocus) field.current?.focus();
  }, []);
  const people = useLoaded("people", async () => {
    const { items } = await chat.api.call("get", "/v1/people", { query: { limit: 100 } });
    return items;
  });
  const found = useFoundUsers(text);
  const words = wordsOf(text);
  const known = people.value?.filter(({ username: name, nickname }) => hasWords(words, name, nickname));
  const all: User[] = [...(known ?? []), ...(found.value ?? [])];
  const isNew = ({ id }: User) => id !== me && !chosen.some((one) => one.id === id);
  const offered = [...new Map(all.filter(isNew).map((user) => [user.id, user])).values()];
  const choose = (user: User) => {
    onChange([...chosen, user]);
    setText("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || isComposing(event) || text.trim() === "") return;
    // The form is sent once the user has chosen.
    event.preventDefault();
    setAsked(text.trim());
    if (offered[0]) choose(offered[0]);
  };
  return (
    <div class="picker">
      <label class="field">
        {t("picker.label")}
        <input
          ref={field}
          type="search"
          autocapitalize="none"
          spellcheck={false}
          placeholder={t("picker.placeholder")}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={onKeyDown}
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
            <button type="button" class="person" onClick={() => choose(user)}>
              <Avatar id={user.id} name={nameOf(user)} picture={user.avatar} size="small" />
              <bdi>{nameOf(user)}</bdi>
              <small>@{user.username}</small>
            </button>
          </li>
        ))}
      </ul>
      <p class="status" role="status">
        {asked === found.text && asked !== "" && found.value && offered.length === 0 && t("picker.nobody")}
        {found.value?.some(({ id }) => id === me) && t("people.me")}
        {found.problem}
      </p>
    </div>
  );
}
